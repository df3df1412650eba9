"""Refusals of a check-in."""

from zone.core.errors import declare

NEVER_OVERRIDDEN = declare(
    "never_overridden",
    409,
    "The premises are locked down, and nobody may be let in. Follow the safety instructions.",
)
