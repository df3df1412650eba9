"""Insert many rows at once, with ids known in advance for foreign keys of other tables."""

import random
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.orm import Session

from zone.core.db.types import Base
from zone.core.row_records.models import RECORDED
from zone.core.row_records.service import SAYS_SO, record_keys

ROWS: Final = 5000
"""Rows in one INSERT statement."""

Row = dict[str, Any]


def ids(session: Session, model: Any) -> Iterator[int]:
    """Return an iterator over free ids, in order."""
    last = session.scalar(select(func.max(model.id))) or 0
    return iter(range(last + 1, 2**62))


def write(session: Session, model: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows with their own ids, and let the database continue after them."""
    source = iter(rows)
    statement = insert(model).execution_options(**{SAYS_SO: True})
    # A session has a row of its own and one of its allocation; the keys are those of the latter.
    models = [mapper.class_ for mapper in inspect(model).iterate_to_root()]
    names = [one.__tablename__ for one in models]
    recorded = [RECORDED[name] for name in names if name in RECORDED]
    while chunk := list(islice(source, ROWS)):
        session.execute(statement, chunk)
        # These rows alone: reading the whole table after each chunk is quadratic.
        for one in recorded:
            record_keys(session, one, [row["id"] for row in chunk])
    table = Base.metadata.tables[names[-1]]
    if session.get_bind().dialect.name == "postgresql":
        last = select(func.max(table.c.id)).scalar_subquery()
        session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def random_id(chance: random.Random) -> uuid.UUID:
    """Return a public id from the seeded generator."""
    return uuid.UUID(int=chance.getrandbits(128), version=4)
