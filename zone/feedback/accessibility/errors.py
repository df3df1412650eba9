"""Refusals about feedback on accessibility."""

from typing import Final

from zone.core.errors import declare

FEEDBACK_ANSWERED: Final = declare(
    "feedback_answered",
    409,
    fi="Tähän palautteeseen on jo vastattu.",
    sv="Den här responsen är redan besvarad.",
    en="This feedback has been answered already.",
)
