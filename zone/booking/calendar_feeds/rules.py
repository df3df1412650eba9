"""What a feed covers, how often it is fetched, and the hash of its key. Pure."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from zone.core.rate_limit.rules import Limit
from zone.core.time import Window, day_window, helsinki_date

BEHIND: Final = timedelta(days=30)
AHEAD: Final = timedelta(days=366)
"""More than is ever planned; it bounds the file."""
REFRESH: Final = timedelta(hours=1)
"""After how long a calendar should ask again. Google asks when it likes, some times a day."""
NOTE_EVERY: Final = timedelta(hours=1)

OF_FEED: Final = Limit("calendar-feed", 60, timedelta(hours=1))
"""Requests with one key, from wherever."""
VAIN: Final = Limit("calendar-vain", 60, timedelta(hours=1))
"""Requests of one client with keys that are none. A right key is never counted here."""
OF_PUBLIC: Final = Limit("calendar-public", 2000, timedelta(hours=1))
"""Requests of one client for public feeds. Wide: a campus network shows hundreds of phones under
one address, and Google fetches for everybody from a few.
"""


def feed_window(now: datetime) -> Window:
    """Return the time whose events a feed has. It moves at midnight, so that an unchanged feed is
    the same file all day.
    """
    today = helsinki_date(now)
    return day_window(today - BEHIND)[0], day_window(today + AHEAD)[1]


def key_digest(key: str) -> bytes:
    """Return the hash of a feed's key that the database stores."""
    # The key is 256 random bits, so a fast hash is enough: nobody can guess it from its digest.
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


def is_note_due(fetched_at: datetime | None, now: datetime) -> bool:
    """Return whether the time of a fetch is to be stored."""
    return fetched_at is None or now - fetched_at >= NOTE_EVERY
