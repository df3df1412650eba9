"""Five-minute slices of time, and how often a calendar's event has changed. Pure."""

from datetime import datetime
from typing import Final

SLICE_SECONDS: Final = 300


def slices(start: datetime, end: datetime) -> range:
    """Return the five-minute slices that [start, end) touches, counted from 1970 in UTC."""
    first = int(start.timestamp()) // SLICE_SECONDS
    # -(-a // b) rounds up: a slice that is only begun is touched.
    last = -(-int(end.timestamp()) // SLICE_SECONDS)
    return range(first, last)


def event_sequence(changes: int, *, cancelled: bool) -> int:
    """Return the SEQUENCE of the event of an allocation, or of a booking of it, in calendars.

    `changes` is the allocation's own number, which grows when its time or place changes. A
    cancellation stands between two of them: it beats the event before it, and a later change, such
    as one that takes the cancellation back, beats it.
    """
    return 2 * changes + cancelled
