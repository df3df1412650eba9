"""When a mark is made, what proves it, and what may happen to it. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from zone.booking.policies.rules import Policy
from zone.core.i18n import translatable

NO_SHOW: Final = "no_show"
LATE_CANCELLATION: Final = "late_cancellation"

SEEN: Final = "seen"
NOT_HELD: Final = "not_held"
REASONS: Final = {
    SEEN: translatable("You were seen after all."),
    NOT_HELD: translatable("The class was not held."),
}
"""Why the service lifts a mark by itself, by the code in the event."""


@dataclass(frozen=True, slots=True)
class SeatDemand:
    """How many wanted a place: those that could be booked, those booked, and who waited.

    `waited` counts the other people who waited at some time before the start; `last_waited_at` is
    when the last of them did. `full_percent`: from this share of booked places on, a place that is
    not used was missing for others; 0: whatever it is, there is no mark.
    """

    places: int
    booked: int
    waited: int = 0
    last_waited_at: datetime | None = None
    full_percent: int = Policy.marks_percent

    @property
    def percent(self) -> int:
        """The share of the places that was booked, rounded down."""
        return self.booked * 100 // self.places if self.places else 0

    @property
    def is_scarce(self) -> bool:
        """Whether a place that is not used was missing for somebody."""
        return self.full_percent > 0 and (self.waited > 0 or self.percent >= self.full_percent)


@dataclass(frozen=True, slots=True)
class DoorHeard:
    """A door that proves presence in the space, healthy at the time of arrivals, and until when its
    bridge was heard.
    """

    name: str
    heard_until: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a mark. `demand` None: it was recorded before evidence was kept.

    `doors` are those of a no-show; `limit` is until when a late cancellation would have been free.
    """

    demand: SeatDemand | None
    doors: tuple[DoorHeard, ...] = ()
    limit: datetime | None = None


BEFORE_EVIDENCE: Final = Evidence(None)
"""Of the marks that an older version recorded as bookings that were not used."""


def deserves_mark(kind: str, evidence: Evidence) -> bool:
    """Return whether a booking that was not used, or cancelled late, is a mark.

    Only where the seat was scarce, and for a no-show only where the doors were heard. Source: the
    rules of the field, where marks without a harm are what people complain of most.
    """
    scarce = evidence.demand is not None and evidence.demand.is_scarce
    return scarce and (kind == LATE_CANCELLATION or bool(evidence.doors))


def evidence_values(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence as JSON values, complete enough to decide it again."""
    demand = evidence.demand
    values: dict[str, Any] = {"kept": demand is not None}
    if demand is not None:
        values |= {
            "places": demand.places,
            "booked": demand.booked,
            "percent": demand.percent,
            "waited": demand.waited,
            "last_waited_at": _written(demand.last_waited_at),
            "full_percent": demand.full_percent,
        }
    return values | {
        "doors": [
            {"door": door.name, "heard_until": _written(door.heard_until)}
            for door in evidence.doors
        ],
        "limit": _written(evidence.limit),
    }


def evidence_text(evidence: Evidence) -> str:
    """Return the evidence as it is stored."""
    return json.dumps(evidence_values(evidence), ensure_ascii=False, sort_keys=True)


def read_evidence(stored: str) -> Evidence:
    """Return stored evidence.

    Raises:
        ValueError, KeyError, TypeError: somebody has changed it.
    """
    values = json.loads(stored)
    demand = None
    if values["kept"]:
        demand = SeatDemand(
            int(values["places"]),
            int(values["booked"]),
            int(values["waited"]),
            _read(values["last_waited_at"]),
            # Left out by versions that knew one share only.
            int(values.get("full_percent", Policy.marks_percent)),
        )
    doors = tuple(
        DoorHeard(door["door"], datetime.fromisoformat(door["heard_until"]))
        for door in values["doors"]
    )
    return Evidence(demand, doors, _read(values["limit"]))


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def seat_demand(
    places: int,
    booked: int,
    waits: Iterable[tuple[datetime, datetime | None]],
    until: datetime,
    full_percent: int = Policy.marks_percent,
) -> SeatDemand:
    """Return how many wanted a place by `until`.

    `waits` holds when each other person began to wait and stopped; None: they still do.
    """
    begun = [(since, ended) for since, ended in waits if since < until]
    last = max((min(ended or until, until) for _, ended in begun), default=None)
    return SeatDemand(places, booked, len(begun), last, full_percent)


def state_of(events: Sequence[str]) -> str:
    """Return the state of a mark from the kinds of its events."""
    ends = [kind for kind in events if kind in ("excused", "lifted", "expired")]
    return ends[-1] if ends else "counting"
