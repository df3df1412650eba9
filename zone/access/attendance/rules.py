"""At which sessions an entry proves presence, and when absence is proven. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything


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


def absence_is_proven(
    connections: Collection[BridgeConnection], until: datetime, now: datetime
) -> bool:
    """Return whether a person without an entry before `until` was surely absent.

    A door must prove presence in the space, and the bridges of all such doors must have uploaded
    everything. So neither an offline bridge nor a space without such a door makes a no-show.
    """
    return bool(connections) and all(
        has_uploaded_everything(connection, until, now) for connection in connections
    )
