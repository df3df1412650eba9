"""Writing many rows at once, with numbers known beforehand, so that rows of other tables can point to them."""

import random
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from zone.core.db.types import Base

ROWS: Final = 5000
"""Rows in one INSERT."""

Row = dict[str, Any]


def ids(session: Session, model: Any) -> Iterator[int]:
    """Row numbers that are free, in order."""
    last = session.scalar(select(func.max(model.id))) or 0
    return iter(range(last + 1, 2**62))


def write(session: Session, model: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows that bring their own numbers; the database goes on counting behind them."""
    source = iter(rows)
    while chunk := list(islice(source, ROWS)):
        session.execute(insert(model), chunk)
    table = Base.metadata.tables[model.__tablename__]
    if session.get_bind().dialect.name == "postgresql":
        last = select(func.max(table.c.id)).scalar_subquery()
        session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def random_id(chance: random.Random) -> uuid.UUID:
    """A public id that the seed decides."""
    return uuid.UUID(int=chance.getrandbits(128), version=4)
