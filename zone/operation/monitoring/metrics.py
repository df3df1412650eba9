"""All gauges of the service, and the size of the database."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import text
from sqlalchemy.orm import Session

from zone.core.metrics import Gauges, gauge


def all_gauges(sources: Iterable[Gauges], session: Session, now: datetime) -> Iterator[Metric]:
    """Yield the size of the database and the gauges of all features."""
    yield gauge(
        "zone_db_size_bytes", "The database's size on its disk.", {(): database_size(session)}
    )
    for gauges in sources:
        yield from gauges(session, now)


def database_size(session: Session) -> int:
    """Return the size of the database in bytes; of SQLite without its journal."""
    if session.get_bind().dialect.name == "sqlite":
        size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        size = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(size)).scalar_one())
