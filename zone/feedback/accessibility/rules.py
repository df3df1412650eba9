"""When feedback on accessibility has to be answered, and how long it is kept. Pure."""

from datetime import date, datetime, timedelta
from typing import Final

from zone.core.time import helsinki_date

ANSWER_WITHIN: Final = timedelta(days=14)
"""By the Act on the Provision of Digital Services (306/2019)."""
KEPT: Final = timedelta(days=365)
"""How long feedback is kept after its answer was given or due."""


def due_on(received_at: datetime) -> date:
    """Return the last Helsinki day for an answer; the day of the feedback is not counted."""
    return helsinki_date(received_at) + ANSWER_WITHIN


def state_of(due: date, answered_at: datetime | None, today: date) -> str:
    """Return answered, overdue or open."""
    if answered_at is not None:
        return "answered"
    return "overdue" if due < today else "open"
