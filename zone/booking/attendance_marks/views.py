"""A mark as its person and staff read it. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from zone.booking.attendance_marks.rules import NO_SHOW, Evidence
from zone.core.formats import format_moment
from zone.core.i18n import translatable, translate

BEFORE: Final = translatable("This was recorded before evidence was kept.")
PLACES: Final = translatable("Places that could be booked: {places}. Booked: {booked}.")
COURT: Final = translatable("The whole space was reserved, so nobody else could book it.")
WAITED: Final = translatable(
    "People who waited for a place: {waited}. The last of them waited until {when}."
)
NOBODY_WAITED: Final = translatable("Nobody waited for a place.")
UNSEEN: Final = translatable("No code was read at the doors, which worked all the time:")
DOOR: Final = translatable("{door}, heard until {when}.")
LATE: Final = translatable("Cancelled {when}. The limit was {limit}.")


@dataclass(frozen=True, slots=True)
class MarkEventView:
    """What happened to a mark; `reason` is a code of `rules.REASONS`."""

    kind: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceMarkView:
    """A mark with its session, its evidence and its history.

    `counts`: it is in the state counting, and no term has wiped it. `appeal` and `decision` are
    texts of the person and of staff.
    """

    id: uuid.UUID
    kind: str
    state: str
    counts: bool
    booking: uuid.UUID
    name: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    campus_name: str | None
    space: Mapping[str, str] | None
    is_court: bool
    occurred_at: datetime
    recorded_at: datetime
    evidence: Evidence
    events: tuple[MarkEventView, ...] = ()
    appealed_at: datetime | None = None
    decided_at: datetime | None = None
    appeal: str | None = None
    decision: str | None = None

    @property
    def may_appeal(self) -> bool:
        """Whether its person can say something against it: once, while it counts."""
        return self.counts and self.appealed_at is None

    @property
    def is_upheld(self) -> bool:
        """Whether an appeal was turned down."""
        return any(event.kind == "upheld" for event in self.events)

    @property
    def lifted_because(self) -> str | None:
        """The code of the reason for which the service lifted it by itself."""
        return next((event.reason for event in self.events if event.kind == "lifted"), None)


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal that waits for a decision, with its person."""

    mark: AttendanceMarkView
    person: uuid.UUID
    name: str


def evidence_lines(mark: AttendanceMarkView, language: str) -> list[str]:
    """Return what proves a mark, in plain sentences."""
    return lines_of(mark.kind, mark.evidence, mark.occurred_at, language, is_court=mark.is_court)


def lines_of(
    kind: str, evidence: Evidence, occurred_at: datetime, language: str, *, is_court: bool
) -> list[str]:
    """Return what proves a mark of this kind, in plain sentences."""
    demand = evidence.demand
    if demand is None:
        return [translate(BEFORE, language)]
    lines = []
    if kind != NO_SHOW and evidence.limit is not None:
        when, limit = (format_moment(at, language) for at in (occurred_at, evidence.limit))
        lines.append(translate(LATE, language).format(when=when, limit=limit))
    if is_court:
        lines.append(translate(COURT, language))
    else:
        places = translate(PLACES, language)
        lines.append(places.format(places=demand.places, booked=demand.booked))
        lines.append(_waited(demand.waited, demand.last_waited_at, language))
    if evidence.doors:
        lines.append(translate(UNSEEN, language))
    door = translate(DOOR, language)
    lines += [
        door.format(door=one.name, when=format_moment(one.heard_until, language))
        for one in evidence.doors
    ]
    return lines


def _waited(waited: int, last: datetime | None, language: str) -> str:
    if not waited or last is None:
        return translate(NOBODY_WAITED, language)
    when = format_moment(last, language)
    return translate(WAITED, language).format(waited=waited, when=when)
