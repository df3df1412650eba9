"""What must hold of append-only tables, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from zone.core.db.append_only import APPEND_ONLY
from zone.core.invariants import Invariant
from zone.core.row_records.queries import count_unrecorded

SQLITE_TRIGGERS: Final = (
    "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name"
)
POSTGRES_TRIGGERS: Final = (
    "SELECT relname, count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND tgenabled <> 'D' GROUP BY relname"
)


def count_missing_triggers(session: Session, _named_since: datetime) -> int:
    """Count the append-only tables whose rows could be changed or deleted."""
    connection = session.connection()
    # One trigger refuses both on PostgreSQL; SQLite needs one for UPDATE and one for DELETE.
    query, needed = (
        (SQLITE_TRIGGERS, 2) if connection.dialect.name == "sqlite" else (POSTGRES_TRIGGERS, 1)
    )
    triggers: dict[str, int] = dict(connection.exec_driver_sql(query).all())
    tables = APPEND_ONLY & set(inspect(connection).get_table_names())
    return sum(triggers.get(table, 0) < needed for table in tables)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "rows",
        "prices, rates, roles, passes and addresses are as the service wrote them",
        count_unrecorded,
        "Somebody has written past the service. Compare with a restored backup (`zone drill`), "
        "put it right on the pages, and ask who had access.",
    ),
    Invariant(
        "record",
        "facts cannot be changed",
        count_missing_triggers,
        "A trigger of an append-only table is missing. Compare with a restored backup, "
        "and ask who had access.",
    ),
)
