"""The event that goes with a mail as a calendar file. Pure.

PUBLISH puts it into the reader's calendar without asking for an answer, and CANCEL takes it out
again: both name it by the same UID.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import Final

from zone.core.calendar_file import FileEvent, Organizer, calendar_file

FILE_NAME: Final = "zone.ics"


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


def event_uid(id_: str, sender: Address) -> str:
    """Return the UID of an event; it stays for as long as the domain of the sender does."""
    return f"{id_}@{sender.domain}"


def mail_file(
    event: CalendarEvent, *, base_url: str, sender: Address, service: str, stamp: datetime
) -> bytes:
    """The calendar file of an event that was written into a mail at `stamp`."""
    written = FileEvent(
        uid=event_uid(event.id, sender),
        sequence=event.sequence,
        stamp=stamp,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        summary=event.summary,
        location=event.location,
        url=f"{base_url}{event.path}",
        status="CANCELLED" if event.cancelled else "CONFIRMED",
    )
    # Both methods need an organizer.
    return calendar_file([written], method=event.method, organizer=Organizer(service, sender))
