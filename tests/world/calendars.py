"""Calendar files as another library reads them: `ical`, which is not the one that writes them."""

from collections.abc import Mapping
from typing import Final

from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

MOST_OCTETS: Final = 75
"""RFC 5545, 3.1: of a line, without its break."""


def read_calendar(content: bytes | str) -> Calendar:
    """Return the one calendar of a file, whose lines must be as the standard says."""
    data = content.encode() if isinstance(content, str) else content
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= MOST_OCTETS
    [calendar] = IcsCalendarStream.from_ics(data.decode()).calendars
    return calendar


def events_of(content: bytes | str) -> Mapping[str, Event]:
    """Return the events of a file by UID; none may come twice."""
    events = read_calendar(content).events
    by_uid = {str(event.uid): event for event in events}
    assert len(by_uid) == len(events)
    return by_uid


def lines_of(content: bytes | str) -> list[str]:
    """Return the unfolded lines of a file."""
    text = content if isinstance(content, str) else content.decode()
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def sequence_of(event: Event) -> int:
    """Return the SEQUENCE of an event, which must say one."""
    assert event.sequence is not None
    return event.sequence
