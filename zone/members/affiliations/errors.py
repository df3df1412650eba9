"""Refusals about institutions and affiliations."""

from zone.core.errors import declare

INSTITUTION_UNKNOWN = declare(
    "institution_unknown",
    422,
    "This institution is not known. Choose one from the list.",
    fields=("institution",),
)
AFFILIATION_EXISTS = declare(
    "affiliation_exists",
    409,
    "The same institution and role are already there. Add a new proof to them.",
    constraints=("uq_affiliation_member_id_institution_id_role",),
)
AFFILIATION_ROLE_UNKNOWN = declare(
    "affiliation_role_unknown",
    422,
    "The role is either student or staff. Choose one of them.",
    constraints=("ck_affiliation_role",),
    fields=("role",),
)
