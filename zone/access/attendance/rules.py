"""At which sessions an entry proves presence, and when absence is proven. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything


@dataclass(frozen=True, slots=True)
class Candidate:
    """A session that an entry may show presence at, and whether the person holds a place in it."""

    session_id: int
    starts_at: datetime
    booked: bool


def attended(candidates: Sequence[Candidate], at: datetime) -> list[Candidate]:
    """The sessions that an entry at `at` counts for: all that are booked, else the nearest start as a drop-in."""
    booked = [candidate for candidate in candidates if candidate.booked]
    if booked or not candidates:
        return booked
    return [
        min(candidates, key=lambda candidate: (abs(candidate.starts_at - at), candidate.session_id))
    ]


def absence_is_proven(
    contacts: Collection[BridgeConnection], until: datetime, now: datetime
) -> bool:
    """Whether somebody whom no entry shows was surely not there.

    There is a door that would have seen them, and every such door has told. So a door that is offline never makes a
    no-show, and neither does a space without a door that proves presence.
    """
    return bool(contacts) and all(
        has_uploaded_everything(contact, until, now) for contact in contacts
    )
