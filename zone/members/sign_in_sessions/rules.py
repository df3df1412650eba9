"""The lifetime of a session, and the digest of its token. Pure."""

import hashlib
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final

from zone.members.roles.rules import SERVICE_ROLES

STUDENT_SESSION: Final = timedelta(days=30)
SERVICE_SESSION: Final = timedelta(hours=12)


def session_life(roles: AbstractSet[str]) -> timedelta:
    """Return how long a session lives without being used."""
    # A service role reaches other people's data, so a forgotten browser must not stay signed in.
    return SERVICE_SESSION if roles & SERVICE_ROLES else STUDENT_SESSION


def is_alive(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Return whether a session last used at `seen_at` is alive."""
    return now < seen_at + session_life(roles)


def is_use_due(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Return whether the stored last use is old enough to be stored anew."""
    # A hundredth of the life (7 minutes, or 7 hours): most requests write nothing.
    return now - seen_at > session_life(roles) / 100


def token_digest(token: str) -> bytes:
    """Return the digest of a token that the database stores."""
    # The token is 256 random bits, so a fast hash is enough: nobody can guess it from its digest.
    return hashlib.sha256(token.encode()).digest()
