"""The clock of the server. Other code takes the time as the argument `now`."""

from datetime import UTC, datetime, timedelta

_shift = timedelta()


def utc_now() -> datetime:
    """The current time, aware, in UTC; that of the demo where its clock was shifted."""
    return real_now() + _shift


def real_now() -> datetime:
    """The current time of this machine, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the only place that reads it


def shift(by: timedelta) -> None:
    """Let this process live `by` later, or earlier: a demo can play on any day."""
    global _shift
    _shift = by
