"""How long a session lives, and what the database keeps of its token. Pure."""

import hashlib
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final

from zone.members.roles.rules import SERVICE_ROLES

STUDENT_SESSION: Final = timedelta(days=30)
SERVICE_SESSION: Final = timedelta(hours=12)


def session_life(roles: AbstractSet[str]) -> timedelta:
    """How long a session lives without being used: a service role reaches other people's data, so it is short."""
    return SERVICE_SESSION if roles & SERVICE_ROLES else STUDENT_SESSION


def session_lives(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Whether a session last used at `seen_at` still holds."""
    return now < seen_at + session_life(roles)


def worth_noting(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Whether the session's last use is old enough to be written down again; not at every request."""
    return now - seen_at > session_life(roles) / 100


def token_digest(token: str) -> bytes:
    """What the database keeps of a 256-bit random token; nothing slower is needed for that."""
    return hashlib.sha256(token.encode()).digest()
