"""What is one visit, and how many are left. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from zone.core.time import Window

VISIT_LASTS: Final = timedelta(hours=3)
"""Who comes in again within this time of a visit pays for no second one: they fetched something,
or went on from the hall to the gym.
"""


def is_same_visit(at: datetime, visits: Iterable[datetime]) -> bool:
    """Return whether an entry belongs to one of the visits that are paid for already.

    Also before it: an offline door reports later that somebody had come in by it first.
    """
    return any(abs(at - visit) <= VISIT_LASTS for visit in visits)


def until_last_visit(
    times: Sequence[Window], left: int, last_visit_at: datetime | None
) -> Sequence[Window]:
    """Return when a pass opens doors: after its last visit only as long as that one lasts."""
    if left > 0 or last_visit_at is None:
        return times
    over = last_visit_at + VISIT_LASTS
    return [(start, min(end, over)) for start, end in times if start < over]
