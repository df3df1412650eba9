"""The clock of the server. Other code takes the time as the argument `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the only place that reads it
