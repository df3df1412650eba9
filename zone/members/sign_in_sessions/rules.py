"""The lifetime of a session, the digest of its token, and the name of its browser. Pure."""

import hashlib
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zone.core.identity import SERVICE_ROLES

STUDENT_SESSION: Final = timedelta(days=30)
SERVICE_SESSION: Final = timedelta(hours=12)
LONGEST_SERVICE_SESSION: Final = timedelta(hours=24)
"""From the sign-in on, however much it is used: a page that reloads itself is no person."""


def session_life(roles: AbstractSet[str]) -> timedelta:
    """Return how long a session lives without being used."""
    # A service role reaches other people's data, so a forgotten browser must not stay signed in.
    return SERVICE_SESSION if roles & SERVICE_ROLES else STUDENT_SESSION


def ends_at(roles: AbstractSet[str], created_at: datetime, seen_at: datetime) -> datetime:
    """Return when a session that was last used at `seen_at` ends unless it is used again."""
    unused = seen_at + session_life(roles)
    return min(unused, created_at + LONGEST_SERVICE_SESSION) if roles & SERVICE_ROLES else unused


def is_alive(
    roles: AbstractSet[str], created_at: datetime, seen_at: datetime, now: datetime
) -> bool:
    """Return whether a session is alive."""
    return now < ends_at(roles, created_at, seen_at)


def is_use_due(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Return whether the stored last use is old enough to be stored anew."""
    # A hundredth of the life (7 minutes, or 7 hours): most requests write nothing.
    return now - seen_at > session_life(roles) / 100


def token_digest(token: str) -> bytes:
    """Return the digest of a token that the database stores."""
    # The token is 256 random bits, so a fast hash is enough: nobody can guess it from its digest.
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class BrowserName:
    """The words by which a person knows one of their browsers; empty where they are unknown."""

    browser: str = ""
    system: str = ""


# The first that matches: Edge and Opera also name Chrome, Chrome also names Safari, and Android
# also names Linux.
_BROWSERS: Final = (
    ("Edge", "Edg(e|A|iOS)?/"),
    ("Opera", "OPR/|Opera"),
    ("Samsung Internet", "SamsungBrowser/"),
    ("Firefox", "Firefox/|FxiOS/"),
    ("Chrome", "Chrome/|CriOS/|Chromium/"),
    ("Safari", "Safari/"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("ChromeOS", "CrOS"),
    ("Windows", "Windows"),
    ("macOS", "Macintosh|Mac OS X"),
    ("Linux", "Linux|X11"),
)


def browser_name(user_agent: str) -> BrowserName:
    """Return the browser and the system that a User-Agent header names."""
    # Our words only, never the header itself: it is as long as a client likes, and a fingerprint.
    return BrowserName(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, form in names if re.search(form, user_agent)), "")
