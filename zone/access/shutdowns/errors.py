"""Refusals about shutting doors."""

from zone.core.errors import declare

SHUT_WITH_OTHERS = declare(
    "shut_with_others",
    409,
    "The door is shut together with others. Lift that shutdown first.",
)
