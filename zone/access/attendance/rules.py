"""At which sessions a visit proves presence, and when absence is proven. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything
from zone.core.time import Window


@dataclass(frozen=True, slots=True)
class Candidate:
    """A session that an entry may prove presence at, and whether the person has booked it."""

    session_id: int
    starts_at: datetime
    booked: bool


def attended(candidates: Sequence[Candidate], at: datetime) -> list[Candidate]:
    """Return the sessions that an entry at `at` counts for.

    These are all that are booked; where none is, the one with the nearest start, as a drop-in.
    """
    booked = [candidate for candidate in candidates if candidate.booked]
    if booked or not candidates:
        return booked
    return [
        min(candidates, key=lambda candidate: (abs(candidate.starts_at - at), candidate.session_id))
    ]


@dataclass(frozen=True, slots=True)
class DoorEvidence:
    """What is known of a door that proves presence in a space.

    `connection` is that of its bridge, None where no bridge drives it. `usual`: it is in its
    ordinary state now, neither held open nor blocked. `faults` are the times in which its bridge,
    its reader, its relay or its journal may have missed somebody; an end of None: still.
    """

    connection: BridgeConnection | None
    usual: bool
    faults: Sequence[tuple[datetime, datetime | None]] = ()


def absence_is_proven(doors: Collection[DoorEvidence], arrivals: Window, now: datetime) -> bool:
    """Return whether a person without an entry in the time of arrivals was surely absent.

    A door must prove presence in the space. Each such door, with its bridge, reader and relay, must
    have been healthy all that time, and its bridge must have uploaded everything. So no fault, no
    offline bridge and no space without such a door makes a no-show.
    """
    return bool(doors) and all(_surely_saw(door, arrivals, now) for door in doors)


def _surely_saw(door: DoorEvidence, arrivals: Window, now: datetime) -> bool:
    return (
        door.connection is not None
        and door.usual
        and has_uploaded_everything(door.connection, arrivals[1], now)
        and not any(
            began <= arrivals[1] and (ended is None or ended >= arrivals[0])
            for began, ended in door.faults
        )
    )
