"""Five-minute slices of time. Pure."""

from datetime import datetime
from typing import Final

SLICE_SECONDS: Final = 300


def slices(start: datetime, end: datetime) -> range:
    """Return the five-minute slices that [start, end) touches, counted from 1970 in UTC."""
    first = int(start.timestamp()) // SLICE_SECONDS
    # -(-a // b) rounds up: a slice that is only begun is touched.
    last = -(-int(end.timestamp()) // SLICE_SECONDS)
    return range(first, last)
