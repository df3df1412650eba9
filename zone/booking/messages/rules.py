"""Whom mails go to, what they name, and the keys by which each is posted once. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from zone.core.i18n import translatable

ONLINE: Final = translatable("online")
REMINDER: Final = "booking/reminder"
"""The template that says until when the booking can be cancelled."""
CONFIRMATIONS: Final = ("booking/booked", "booking/queue_promoted", "booking/lottery_won")
"""Those that say it too, unless it is over."""
LATE: Final = " late"
"""The end of the key of a confirmation that is written anew, because the limit is over."""


class Named(Protocol):
    """A row with a name in three languages."""

    @property
    def name_fi(self) -> str: ...
    @property
    def name_sv(self) -> str: ...
    @property
    def name_en(self) -> str: ...


class Place(Named, Protocol):
    """A space with the name of its campus."""

    @property
    def campus(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """An offer of a place to a waiting person; `key` is the secret of its link.

    Its time runs from `begins` to `until`.
    """

    entry: uuid.UUID
    key: str
    begins: datetime
    until: datetime


class Recipient(Protocol):
    """A person to whom a message goes."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> uuid.UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def language(self) -> str: ...


def confirmation_key(booking: uuid.UUID) -> str:
    """Return the outbox key of the confirmation of a booking."""
    return f"booked {booking}"


def given_up_key(booking: uuid.UUID) -> str:
    """Return the outbox key of the mail to who cancelled a booking, in time or late."""
    return f"given up {booking}"


def no_show_key(booking: uuid.UUID) -> str:
    """Return the outbox key of the mail about a no-show."""
    return f"no_show {booking}"


def reminder_key(booking: uuid.UUID) -> str:
    """Return the outbox key of the reminder of a booking."""
    return f"reminder {booking}"


def named(row: Named, language: str) -> str:
    """Return the name of a session or a space; in English for other languages than the three."""
    return {"fi": row.name_fi, "sv": row.name_sv}.get(language, row.name_en)
