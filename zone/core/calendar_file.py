"""Calendar files (RFC 5545): one event of a mail or of a page, or the many of a feed. Pure.

Times are UTC, so that a calendar shows the right hour on both sides of a change of the clock
without knowing a time zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from typing import Final, Literal

from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from zone.core.text import clean_text
from zone.core.time import require_utc

CONTENT_TYPE: Final = "text/calendar"
PRODUCT: Final = "-//Zone//Zone campus sports//EN"

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent:
    """An event as a calendar shows it.

    A calendar knows it again by its `uid`, and of two versions takes the one with the higher
    `sequence` (RFC 5546, 2.1.4), of equal ones that with the later `stamp`. `of_reader`: the reader
    is to come; otherwise it is what is held somewhere, and takes nobody's time.
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    url: str
    status: Status
    of_reader: bool = True

    @property
    def takes_time(self) -> bool:
        """Whether other people who see the calendar see the person busy."""
        return self.of_reader and self.status == "CONFIRMED"


@dataclass(frozen=True, slots=True)
class Organizer:
    """From whom an event comes: the service, by its mail address."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a calendar shows of a feed, and after how long it should ask again."""

    name: str
    refresh: timedelta


def calendar_file(
    events: Iterable[FileEvent],
    *,
    method: str = "PUBLISH",
    head: FeedHead | None = None,
    organizer: Organizer | None = None,
) -> bytes:
    """Return the file of these events; the same events give the same bytes.

    PUBLISH puts events into a calendar without asking for an answer, CANCEL takes them out
    (RFC 5546, 3.2).
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if head is not None:
        _add_head(calendar, head)
    for event in events:
        calendar.add_component(_component(event, organizer))
    return bytes(calendar.to_ical())


def _add_head(calendar: Calendar, head: FeedHead) -> None:
    # Each in the form of RFC 7986 and in the older one, which Outlook and Apple read.
    name = vText(clean_text(head.name))
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(head.refresh), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(head.refresh))


def _component(event: FileEvent, organizer: Organizer | None) -> Event:
    component = Event()
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", _utc(event.stamp))
    component.add("dtstart", _utc(event.starts_at))
    component.add("dtend", _utc(event.ends_at))
    # A control character in a name would begin another property for some readers.
    component.add("summary", clean_text(event.summary))
    if event.location:
        component.add("location", clean_text(event.location))
    component.add("url", event.url)
    component.add("status", event.status)
    component.add("transp", "OPAQUE" if event.takes_time else "TRANSPARENT")
    if organizer is not None:
        component.add("organizer", _address(organizer))
    return component


def _utc(at: datetime) -> datetime:
    return require_utc(at).astimezone(UTC)


def _address(organizer: Organizer) -> vCalAddress:
    address = vCalAddress(f"mailto:{organizer.address.addr_spec}")
    # Quotes would be written as RFC 6868 says, which few mail programs read.
    address.params["CN"] = clean_text(organizer.name).replace('"', "'")
    return address
