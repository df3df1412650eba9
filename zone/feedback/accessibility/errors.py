"""Refusals about feedback on accessibility."""

from typing import Final

from zone.core.errors import declare

FEEDBACK_ANSWERED: Final = declare(
    "feedback_answered",
    409,
    "This feedback has been answered already.",
)
