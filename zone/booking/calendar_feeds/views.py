"""The events of feeds in the words of a calendar, and the addresses of feeds. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from zone.booking.allocations.rules import event_sequence
from zone.booking.calendar_feeds.rules import REFRESH
from zone.booking.sessions.views import Names
from zone.core.calendar_file import FeedHead, FileEvent, Status, calendar_file
from zone.core.i18n import translatable, translate
from zone.core.mail.calendar import event_uid

ONLINE: Final = translatable("online")
BOOKED: Final = translatable("My bookings – {service}")

EventState = Literal["confirmed", "waiting", "offered", "cancelled"]
STATUS: Final[dict[EventState, Status]] = {
    "confirmed": "CONFIRMED",
    "waiting": "TENTATIVE",
    "offered": "TENTATIVE",
    "cancelled": "CANCELLED",
}
# Before the name, because many calendars do not show a status.
TITLES: Final[dict[EventState, str]] = {
    "confirmed": "{name}",
    "waiting": translatable("In the queue: {name}"),
    "offered": translatable("A place for you: {name}"),
    "cancelled": translatable("Cancelled: {name}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """An event of a feed: a person's booking or place in a queue, or a public session.

    `changes` counts how often its time or place was changed; `changed_at` is when anything of it
    was last. `place` is campus and space, None online. `path` is the address of its page.
    """

    id: uuid.UUID
    state: EventState
    changes: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    name: Names
    place: tuple[str, Names] | None
    path: str


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """A feed that everybody may read: of a campus, a space or an instructor."""

    path: str
    name: Names


@dataclass(frozen=True, slots=True)
class CampusFeeds:
    """The feed of a campus, and those of its spaces."""

    campus: PublicFeed
    spaces: Sequence[PublicFeed]


@dataclass(frozen=True, slots=True)
class PublicFeeds:
    """Every feed that everybody may read."""

    campuses: Sequence[CampusFeeds]
    instructors: Sequence[PublicFeed]


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """A person's own feed, without its key, which nobody has any more."""

    created_at: datetime
    fetched_at: datetime | None


def own_file(
    events: Iterable[FeedEvent], *, language: str, base_url: str, sender: Address, service: str
) -> bytes:
    """Return a person's feed. Its events have the UIDs of the mails about them."""
    written = [
        _file_event(event, event_uid(str(event.id), sender), language, base_url) for event in events
    ]
    name = translate(BOOKED, language).format(service=service)
    return calendar_file(written, head=FeedHead(name, REFRESH))


def public_file(events: Iterable[FeedEvent], *, name: str, language: str, base_url: str) -> bytes:
    """Return a feed of public sessions. Its events have the UIDs of the files on their pages."""
    written = [
        replace(
            _file_event(event, session_uid(event.id, base_url), language, base_url),
            of_reader=False,
        )
        for event in events
    ]
    return calendar_file(written, head=FeedHead(name, REFRESH))


def session_uid(session: uuid.UUID, base_url: str) -> str:
    """Return the UID of a session in calendars, whoever fetches it."""
    return f"{session}@{urlsplit(base_url).hostname}"


def _file_event(event: FeedEvent, uid: str, language: str, base_url: str) -> FileEvent:
    return FileEvent(
        uid=uid,
        sequence=event_sequence(event.changes, cancelled=event.state == "cancelled"),
        stamp=event.changed_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        summary=translate(TITLES[event.state], language).format(name=event.name[language]),
        location=_where(event, language),
        url=f"{base_url}{event.path}",
        status=STATUS[event.state],
    )


def _where(event: FeedEvent, language: str) -> str:
    if event.place is None:
        return translate(ONLINE, language)
    campus, space = event.place
    return f"{campus}, {space[language]}"


def own_address(base_url: str, key: str) -> str:
    """Return the address of a person's feed.

    The key is in the query, which no log has: neither ours nor that of nginx as we describe it.
    """
    return f"{base_url}/calendar/own.ics?key={quote(key)}"


def public_address(base_url: str, path: str, language: str) -> str:
    """Return the address of a public feed in one language, the same for everybody."""
    return f"{base_url}{path}?lang={language}"


def webcal(address: str) -> str:
    """Return the address in the form that opens the calendar of a phone or computer."""
    return f"webcal://{address.partition('://')[2]}"
