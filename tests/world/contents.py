"""All rows of a database, to see that something changed nothing."""

from collections import Counter
from typing import Any

from sqlalchemy import text

from zone.core.db.transactions import reading
from zone.core.db.types import Base


def contents() -> dict[str, Counter[Any]]:
    """Return the rows of every table."""
    with reading() as session:
        return {
            table.name: Counter(map(repr, session.execute(text(f'SELECT * FROM "{table.name}"'))))
            for table in Base.metadata.sorted_tables
        }


def changed_tables(before: dict[str, Counter[Any]]) -> list[str]:
    """Return the names of the tables whose rows are other ones than before."""
    now = contents()
    return [name for name, rows in before.items() if rows != now[name]]
