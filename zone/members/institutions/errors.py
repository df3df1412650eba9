"""Refusals about institutions and study regions."""

from typing import Final

from zone.core.errors import declare

INSTITUTION_EXISTS: Final = declare(
    "institution_exists",
    409,
    "Somebody else has just added an institution with this code. Look at it, and then save again.",
    constraints=("uq_institution_code",),
    fields=("code",),
)
STUDY_REGION_EXISTS: Final = declare(
    "study_region_exists",
    409,
    "Somebody else has just added a study region with this code. Look at it, and then save again.",
    constraints=("uq_study_region_code",),
    fields=("code",),
)
STUDY_REGION_UNKNOWN: Final = declare(
    "study_region_unknown",
    422,
    "This study region is not known. Choose one from the list, or none.",
    fields=("study_region",),
)
