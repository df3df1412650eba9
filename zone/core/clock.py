"""The one clock of the server. Everything else takes `now` as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that may ask
