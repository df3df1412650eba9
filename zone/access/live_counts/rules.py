"""How many are at a session while it runs, by its doors, and how far that is known. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from zone.access.attendance.rules import AGO, DoorEvidence, touches
from zone.access.bridges.rules import SILENCE
from zone.access.busyness.rules import FEWEST
from zone.core.time import Window

Status = Literal["counted", "incomplete", "not_heard", "no_door", "not_now"]
"""`incomplete`: a door may have missed somebody. `not_heard`: nobody knows who came since.
`no_door` proves presence there. `not_now`: nobody can come yet, or it is over or cancelled.
"""
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

Room = Literal["none", "few", "enough"]
"""The places for those who come without booking; everybody sees no more than that."""
ROOMS: Final[tuple[Room, ...]] = get_args(Room)


@dataclass(frozen=True, slots=True)
class LiveCount:
    """How many are at a session at `counted_at`.

    `booked` places are taken by bookings, or kept for an offer; `present` is how many of these
    people came, `drop_in` how many came without booking. `arrivals` is when an entry counts for the
    session. `lost_at`: since when a door has not been heard, where that is known.
    """

    status: Status
    arrivals: Window
    counted_at: datetime
    places: int = 0
    booked: int = 0
    present: int = 0
    drop_in: int = 0
    lost_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether the numbers say something."""
        return self.status in ("counted", "incomplete")

    @property
    def is_live(self) -> bool:
        """Whether they may change by themselves."""
        return self.status not in ("no_door", "not_now")

    @property
    def takes_people(self) -> bool:
        """Whether whoever comes in now is counted."""
        return self.is_live and self.arrivals[0] <= self.counted_at <= self.arrivals[1]

    @property
    def free(self) -> int | None:
        """How many more people without a booking fit in; None: not known, or nobody counts now.

        A booked place stays that person's for as long as they may arrive; later nobody is counted,
        so no place becomes free by a no-show.
        """
        if not self.is_known or not self.takes_people:
            return None
        return max(0, self.places - self.booked - self.drop_in)

    @property
    def room(self) -> Room | None:
        """The free places as everybody sees them: no number tells whether one person is there."""
        if self.free is None:
            return None
        return "none" if self.free == 0 else "few" if self.free < FEWEST else "enough"


def status_of(
    doors: Collection[DoorEvidence], arrivals: Window, now: datetime
) -> tuple[Status, datetime | None]:
    """Return how far the doors of a session know who came, and since when one was not heard."""
    if not doors:
        return "no_door", None
    # Who comes after the last arrival is not counted, so a fault then changes nothing.
    until = min(now, arrivals[1])
    span = (arrivals[0], until)
    lost = [door for door in doors if not _is_heard(door, until, now)]
    if lost:
        return "not_heard", _lost_at(lost)
    faults = [fault for door in doors for fault in door.faults if touches(fault, span)]
    lasting = [began for began, ended in faults if ended is None]
    if lasting:
        return "not_heard", max(lasting) if max(lasting) > AGO else None
    waits = any(door.connection is not None and door.connection.backlog for door in doors)
    return ("incomplete" if faults or waits else "counted"), None


def _is_heard(door: DoorEvidence, until: datetime, now: datetime) -> bool:
    seen_at = door.connection.seen_at if door.connection is not None else None
    # A time in the future was stored while the server's clock was wrong: it proves nothing.
    heard = seen_at is not None and until - SILENCE < seen_at < now + SILENCE
    return heard and door.usual


def _lost_at(lost: Collection[DoorEvidence]) -> datetime | None:
    """Return the last moment at which all of these doors were heard; None: not known of one."""
    seen = [
        door.connection.seen_at if door.connection is not None and door.usual else None
        for door in lost
    ]
    known = [at for at in seen if at is not None]
    return min(known) if len(known) == len(seen) else None
