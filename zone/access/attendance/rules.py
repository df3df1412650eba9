"""At which sessions a visit proves presence, and when absence is proven. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything
from zone.booking.attendance_marks.rules import DoorHeard
from zone.core.time import Window

AGO: Final = datetime.min.replace(tzinfo=UTC)
"""The beginning of a fault of which nobody knows since when it was."""

Fault = tuple[datetime, datetime | None]
"""From when until when a door may have missed somebody; an end of None: still."""


@dataclass(frozen=True, slots=True)
class VisitOfMember:
    """A visit that may prove presence at sessions; `at_desk`: the desk let the person in."""

    visit_id: int
    member_id: int
    area_id: int
    occurred_at: datetime
    at_desk: bool


@dataclass(frozen=True, slots=True)
class SessionOfVisit:
    """A session around a visit, at the campus of its area, and the person's booking if any.

    `proven`: it is in a space of the area, whose doors prove presence. `missed`: the booking has
    been settled as a no-show.
    """

    session_id: int
    starts_at: datetime
    proven: bool
    booking_id: int | None = None
    missed: bool = False


def attended(sessions: Sequence[SessionOfVisit], visit: VisitOfMember) -> list[SessionOfVisit]:
    """Return the sessions that a visit counts for.

    These are all that are booked; where none is, the one with the nearest start, as a drop-in. The
    desk saw the person, and so proves presence at what they have booked anywhere at the campus.
    """
    booked = [
        one for one in sessions if one.booking_id is not None and (one.proven or visit.at_desk)
    ]
    proven = [one for one in sessions if one.proven]
    if booked or not proven:
        return booked
    at = visit.occurred_at
    return [min(proven, key=lambda one: (abs(one.starts_at - at), one.session_id))]


@dataclass(frozen=True, slots=True)
class DoorEvidence:
    """What is known of a door that proves presence in a space; `name` with that of its area.

    `connection` is that of its bridge, None where no bridge drives it. `usual`: it is in its
    ordinary state now, neither held open nor blocked. `faults` are the times in which its bridge,
    its reader, its relay or its journal may have missed somebody.
    """

    connection: BridgeConnection | None
    usual: bool
    faults: Sequence[Fault] = ()
    name: str = ""


def absence_is_proven(doors: Collection[DoorEvidence], arrivals: Window, now: datetime) -> bool:
    """Return whether a person without an entry in the time of arrivals was surely absent.

    A door must prove presence in the space. Each such door, with its bridge, reader and relay, must
    have been healthy all that time, and its bridge must have uploaded everything. So no fault, no
    offline bridge and no space without such a door makes a no-show.
    """
    return bool(doors) and all(_surely_saw(door, arrivals, now) for door in doors)


def doors_heard(
    doors: Collection[DoorEvidence], arrivals: Window, now: datetime
) -> list[DoorHeard]:
    """Return the doors that prove the absence of whoever made no entry in the time of arrivals, and
    until when each was heard; none where one of them may have missed somebody.
    """
    if not absence_is_proven(doors, arrivals, now):
        return []
    return [
        DoorHeard(door.name, door.connection.seen_at)
        for door in doors
        if door.connection is not None and door.connection.seen_at is not None
    ]


def _surely_saw(door: DoorEvidence, arrivals: Window, now: datetime) -> bool:
    return (
        door.connection is not None
        and door.usual
        and has_uploaded_everything(door.connection, arrivals[1], now)
        and not any(touches(fault, arrivals) for fault in door.faults)
    )


def touches(fault: Fault, span: Window) -> bool:
    """Return whether a fault and a span have a moment in common, both ends included."""
    began, ended = fault
    return began <= span[1] and (ended is None or ended >= span[0])
