"""Refusals of a bulk extension."""

from typing import Final

from zone.core.errors import declare

NO_PASS_EXTENDED: Final = declare(
    "no_pass_extended",
    409,
    "No pass has lost a day by this. Look at the days, the campus and the product.",
)
EXTENSION_DIFFERS: Final = declare(
    "extension_differs",
    409,
    "Passes were extended under this id before, for other days or another reason. "
    "Use a new id for another extension.",
)
