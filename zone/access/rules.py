"""What entries mean, without a database: which of them are visits, who was present, when absence is proven."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SAME_VISIT: Final = timedelta(seconds=60)
"""Coming in again within this time of the last coming in is the same visit: the door fell shut, the code turned."""
SETTLE_AFTER: Final = timedelta(minutes=15)
"""How long after a bridge came back, or after a session ended, its uploads are waited for."""
SLOT_EARLY: Final = timedelta(minutes=15)
"""How long before its start a booking opens an area that needs one."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A granted entry through which one person came into one area."""

    entry_id: int
    uuid: uuid.UUID
    occurred_at: datetime


def first_comings(comings: Iterable[Coming]) -> list[Coming]:
    """The comings that begin a visit: those with no other in the 60 seconds before.

    A property of the set, so the order in which entries arrive does not matter.
    """
    ordered = sorted(comings, key=lambda coming: (coming.occurred_at, coming.uuid))
    return [
        coming
        for index, coming in enumerate(ordered)
        if index == 0 or coming.occurred_at - ordered[index - 1].occurred_at > SAME_VISIT
    ]


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
    return [min(candidates, key=lambda candidate: (abs(candidate.starts_at - at), candidate.session_id))]


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of a bridge's connection."""

    online_since: datetime | None
    seen_at: datetime | None
    backlog: int


def told_everything(contact: Contact, until: datetime, now: datetime) -> bool:
    """Whether a bridge has surely uploaded what happened before `until`.

    It was heard well after that moment, says that it has nothing left to send, and has been online long enough.
    """
    if contact.online_since is None or contact.seen_at is None or contact.backlog:
        return False
    return contact.seen_at >= until + SETTLE_AFTER and now - contact.online_since >= SETTLE_AFTER


def absence_is_proven(contacts: Collection[Contact], until: datetime, now: datetime) -> bool:
    """Whether somebody whom no entry shows was surely not there.

    There is a door that would have seen them, and every such door has told. So a door that is offline never makes a
    no-show, and neither does a space without a door that proves presence.
    """
    return bool(contacts) and all(told_everything(contact, until, now) for contact in contacts)
