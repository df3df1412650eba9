"""Refusals about suspensions."""

from zone.core.errors import declare

ENDS_TOO_EARLY = declare(
    "ends_too_early",
    422,
    "A suspension must end in the future. Choose a later time.",
    constraints=("ck_suspension_order",),
    fields=("last_day",),
)
