"""Who may see and answer an offer of a place. Pure."""

import hmac
from typing import Protocol

from zone.booking.waitlist.rules import offer_digest


class Offered(Protocol):
    """An entry of a waitlist, as far as it says whose it is."""

    @property
    def member_id(self) -> int | None: ...
    @property
    def offer_key(self) -> bytes | None: ...


def may_answer(entry: Offered, key: str, member_id: int | None) -> bool:
    """Return whether somebody may see and answer an offer: its person, or who has its link."""
    if member_id is not None and entry.member_id == member_id:
        return True
    # The key stays after the end, so that its page can say how it ended.
    return entry.offer_key is not None and hmac.compare_digest(entry.offer_key, offer_digest(key))
