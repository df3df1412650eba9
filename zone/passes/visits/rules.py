"""What is one visit, and how many are left. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zone.core.time import Window


@dataclass(frozen=True, slots=True)
class SpentVisit:
    """A visit of a pass; without a number no visit was left for it.

    Who comes in again within `lasts` of it pays for no second one: they fetched something, or went
    on from the hall to the gym. `returned_at`: the desk has given it back.
    """

    number: int | None
    occurred_at: datetime
    lasts: timedelta
    returned_at: datetime | None = None

    @property
    def is_used(self) -> bool:
        """Whether it is one of those that the pass has paid for."""
        return self.number is not None and self.returned_at is None

    def covers(self, at: datetime) -> bool:
        """Return whether an entry belongs to this visit.

        Also before it: an offline door reports later that somebody had come in by it first. One
        that was given back covers what was before that, so that no late report takes it again.
        """
        is_near = abs(at - self.occurred_at) <= self.lasts
        return is_near and (self.returned_at is None or at <= self.returned_at)


def is_same_visit(at: datetime, visits: Iterable[SpentVisit]) -> bool:
    """Return whether an entry belongs to one of the visits that are paid for already."""
    return any(visit.covers(at) for visit in visits)


def used_visits(visits: Iterable[SpentVisit]) -> int:
    """Return how many visits a pass has paid for, less those that were given back."""
    return sum(visit.is_used for visit in visits)


def until_last_visit(
    times: Sequence[Window], left: int, last_visit_at: datetime | None, lasts: timedelta
) -> Sequence[Window]:
    """Return when a pass opens doors: after its last visit only as long as that one lasts."""
    if left > 0 or last_visit_at is None:
        return times
    over = last_visit_at + lasts
    return [(start, min(end, over)) for start, end in times if start < over]
