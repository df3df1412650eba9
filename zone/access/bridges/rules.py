"""When a bridge counts as online, and when it has surely uploaded everything. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Without a sign of life for longer than this, a bridge counts as offline.
SILENCE: Final = timedelta(minutes=5)

# How long uploads are waited for after a session ended, or after a bridge came back online.
SETTLE_AFTER: Final = timedelta(minutes=15)

# An entry of a clock that was set is no older than its bridge, whose clock may have been slow.
BEFORE_ENROLMENT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BridgeConnection:
    """The state of a bridge's connection; `backlog` counts entries still to upload."""

    online_since: datetime | None
    seen_at: datetime | None
    backlog: int


def is_online(seen_at: datetime | None, now: datetime) -> bool:
    """Return whether the last sign of life is less than 5 minutes old."""
    # One of a time to come was stored while the server's clock was wrong: nobody knows its age.
    return seen_at is not None and abs(now - seen_at) < SILENCE


def has_uploaded_everything(connection: BridgeConnection, until: datetime, now: datetime) -> bool:
    """Return whether a bridge has surely uploaded what happened before `until`.

    It must have been seen 15 minutes after that moment, report no backlog, and have been online
    for 15 minutes. It was not seen at a time to come.
    """
    if connection.online_since is None or connection.seen_at is None or connection.backlog:
        return False
    return (
        until + SETTLE_AFTER <= connection.seen_at < now + SILENCE
        and now - connection.online_since >= SETTLE_AFTER
    )
