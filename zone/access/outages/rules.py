"""When an outage is over. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from zone.access.alarms.rules import ALARM_KINDS, KeepsOut

QUIET: Final = timedelta(minutes=15)
"""Without its alarm for so long the first outage of a day is over."""
MOST_DOUBLINGS: Final = 6
LATELY: Final = timedelta(hours=24)

KEEP_OUT: Final = tuple(
    name for name, kind in ALARM_KINDS.items() if kind.keeps_out is not KeepsOut.NOBODY
)
KEEP_ALL_OUT: Final = tuple(
    name for name, kind in ALARM_KINDS.items() if kind.keeps_out is KeepsOut.EVERYBODY
)


class FaultKey(NamedTuple):
    """What an alarm is about: its bridge, its kind, and its door where it is about one."""

    bridge: int
    kind: str
    door: int | None


def quiet_time(earlier: int) -> timedelta:
    """Return how long an alarm must stay away until its outage is over.

    `earlier`: the outages of the same fault that began in the 24 hours before.
    """
    # Each outage of a day must be quiet for twice as long as the one before: an alarm that comes
    # and goes makes 7 outages in 24 hours at most (15 + 30 + … + 960 min), so 14 mails a reader.
    return QUIET * (1 << min(earlier, MOST_DOUBLINGS))


def is_over(last_seen: datetime | None, earlier: int, now: datetime) -> bool:
    """Return whether an outage is over; `last_seen` is None while its alarm lasts."""
    return last_seen is not None and now - last_seen >= quiet_time(earlier)


def sorted_keys(keys: Mapping[FaultKey, datetime]) -> list[FaultKey]:
    """Return the keys in one order, in which two writers do not deadlock."""
    return sorted(keys, key=lambda key: (key.bridge, key.kind, key.door or 0))
