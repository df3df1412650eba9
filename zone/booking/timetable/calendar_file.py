"""A class as a calendar file (RFC 5545), for the calendar of a phone.

Times are in UTC, so that no rules of a time zone are needed. The UID stays the same for one class,
whoever fetches the file and however often; a calendar that has it replaces it where SEQUENCE is not
lower.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LINE: Final = 75
"""Bytes of a line, without its end; longer ones are folded."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a calendar shows. `sequence` grows with changes of the event."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    url: str
    cancelled: bool


def calendar_file(event: Event, now: datetime) -> str:
    """Return the file, with lines that end as the standard says."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Zone//Timetable//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{_text(event.summary)}",
        *([f"LOCATION:{_text(event.location)}"] if event.location else []),
        f"URL:{event.url}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _utc(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Return a text with what has a meaning in the format escaped."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    # A lone carriage return would end the line for some readers.
    return value.replace("\r", "")


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most `LINE` bytes; no character is cut."""
    piece = ""
    for character in line:
        if len(f"{piece}{character}".encode()) > LINE:
            yield piece
            piece = " "
        piece += character
    yield piece
