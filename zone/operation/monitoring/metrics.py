"""All gauges of the service, and the size of the database."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import text
from sqlalchemy.orm import Session

from zone.core.metrics import Gauges, gauge


def gathered(rooms: Iterable[Gauges], session: Session, now: datetime) -> Iterator[Metric]:
    """What the rooms say, and the size of the database."""
    yield gauge(
        "zone_db_size_bytes", "The database's size on its disk.", {(): database_size(session)}
    )
    for of_room in rooms:
        yield from of_room(session, now)


def database_size(session: Session) -> int:
    """In bytes; of SQLite without its journal."""
    if session.get_bind().dialect.name == "sqlite":
        size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        size = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(size)).scalar_one())
