"""Why a space cannot be held."""

from zone.core.errors import declare

SPACE_TAKEN = declare(
    "space_taken",
    409,
    "The space is already taken at that time. Choose another time or another space.",
    constraints=("uq_hold_part_slice",),
)
