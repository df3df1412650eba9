"""When a bridge counts as online, and when it has surely uploaded everything. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SILENCE: Final = timedelta(minutes=5)
"""Longer without a sign of life, and the bridge was offline."""


def is_online(seen_at: datetime | None, now: datetime) -> bool:
    """Whether a bridge was heard lately enough."""
    return seen_at is not None and now - seen_at < SILENCE


SETTLE_AFTER: Final = timedelta(minutes=15)
"""How long after a bridge came back, or after a session ended, its uploads are waited for."""


@dataclass(frozen=True, slots=True)
class BridgeConnection:
    """What is known of a bridge's connection."""

    online_since: datetime | None
    seen_at: datetime | None
    backlog: int


def has_uploaded_everything(contact: BridgeConnection, until: datetime, now: datetime) -> bool:
    """Whether a bridge has surely uploaded what happened before `until`.

    It was heard well after that moment, says that it has nothing left to send, and has been online long enough.
    """
    if contact.online_since is None or contact.seen_at is None or contact.backlog:
        return False
    return contact.seen_at >= until + SETTLE_AFTER and now - contact.online_since >= SETTLE_AFTER
