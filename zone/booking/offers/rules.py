"""Who may see and answer an offer of a place. Pure."""

import hmac
from collections.abc import Iterable
from typing import Final, Protocol

from zone.booking.bookings.errors import BOOKING_CLOSED, BOOKING_NOT_OPEN, SESSION_FULL
from zone.booking.waitlist.rules import offer_digest
from zone.core.errors import ErrorCode


class Offered(Protocol):
    """An entry of a waitlist, as far as it says whose it is."""

    @property
    def member_id(self) -> int | None: ...
    @property
    def offer_key(self) -> bytes | None: ...


KEPT_DESPITE: Final = (BOOKING_CLOSED, BOOKING_NOT_OPEN, SESSION_FULL)
"""What does not keep a person from the place that is offered to them: it is reserved for them, also
at the very moment at which booking closes, and whatever window another policy has set since.
"""


def reasons_against_accepting(reasons: Iterable[ErrorCode]) -> list[ErrorCode]:
    """Return the reasons against taking an offered place; `reasons`: against booking now."""
    return [reason for reason in reasons if reason not in KEPT_DESPITE]


def may_answer(entry: Offered, key: str, member_id: int | None) -> bool:
    """Return whether somebody may see and answer an offer: its person, or who has its link."""
    if member_id is not None and entry.member_id == member_id:
        return True
    # The key stays after the end, so that its page can say how it ended.
    return entry.offer_key is not None and hmac.compare_digest(entry.offer_key, offer_digest(key))
