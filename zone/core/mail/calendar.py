"""A calendar file (RFC 5545) that goes with a mail. Pure.

PUBLISH puts an event into the reader's calendar without asking for an answer, and CANCEL takes it
out again: both name it by the same UID, and the one with the higher SEQUENCE holds (RFC 5546, 2.1.4
and 3.2). Times are UTC, so that a calendar shows the right hour on both sides of a change of the
clock without knowing a time zone.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from typing import Final

from zone.core.text import clean_text
from zone.core.time import require_utc

CONTENT_TYPE: Final = "text/calendar"
FILE_NAME: Final = "zone.ics"
# RFC 5545, 3.1: octets of a line, without its break.
LINE: Final = 75


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event of a mail. `id` is the same in every mail about it, and `sequence` grows with each.

    `path` is the address of its page in the service.
    """

    id: str
    sequence: int
    cancelled: bool
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    path: str

    @property
    def method(self) -> str:
        """What a calendar does with the event."""
        return "CANCEL" if self.cancelled else "PUBLISH"


def to_json(event: CalendarEvent) -> str:
    """The event as it waits in the outbox."""
    times = {name: getattr(event, name).isoformat() for name in ("starts_at", "ends_at")}
    return json.dumps(asdict(event) | times, ensure_ascii=False)


def from_json(text: str) -> CalendarEvent:
    """The event that `to_json` wrote."""
    values = json.loads(text)
    times = {name: datetime.fromisoformat(values[name]) for name in ("starts_at", "ends_at")}
    return CalendarEvent(**values | times)


def calendar_file(
    event: CalendarEvent, *, base_url: str, sender: Address, service: str, stamp: datetime
) -> bytes:
    """The calendar file of an event that was written into a mail at `stamp`."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Zone//Zone campus sports//EN",
        f"METHOD:{event.method}",
        "BEGIN:VEVENT",
        f"UID:{event.id}@{sender.domain}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"LOCATION:{_text(event.location)}",
        f"URL:{base_url}{event.path}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
        # Both methods need one. A parameter in quotes cannot hold a quote.
        f'ORGANIZER;CN="{clean_text(service).replace(chr(34), chr(39))}":mailto:{sender.addr_spec}',
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_fold(line)}\r\n" for line in lines).encode()


def _utc(at: datetime) -> str:
    return require_utc(at).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """A value as RFC 5545, 3.3.11 writes it; a line break would begin another property."""
    text = clean_text(value)
    for special in ("\\", ";", ","):
        text = text.replace(special, f"\\{special}")
    return text


def _fold(line: str) -> str:
    """The line, broken so that none has more than `LINE` octets, and no character is split."""
    parts, room = [""], LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append("")
            room = LINE - 1  # a continued line begins with a space
        parts[-1] += character
        room -= size
    return "\r\n ".join(parts)
