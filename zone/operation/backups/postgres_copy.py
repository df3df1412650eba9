"""A PostgreSQL database out by COPY, and back: no program of PostgreSQL's is needed, and no superuser."""

from pathlib import Path
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Connection, Engine, Inspector, inspect, text

from zone.core.errors import OperationError
from zone.operation.backups.archive import CHUNK, ArchivePart, Manifest, part_of

TABLES: Final = "tables"
REVISION: Final = "alembic_version"
IN_USE: Final = "{count} others use the database: stop web and scheduler, then restore again. Nothing was changed."


def dump(engine: Engine, folder: Path) -> tuple[list[ArchivePart], str | None]:
    """Every table as of one instant, while others write, in an order in which they can be loaded; with the revision.

    Rows come in the order of their keys: that in which they were written would tell who answered a survey when.
    """
    (folder / TABLES).mkdir(mode=0o700)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        there = inspect(connection)
        parts = [_dump_table(connection, there, table, folder) for table in tables(there)]
        has_revision = there.has_table(REVISION)
        select_revision = text(f"SELECT version_num FROM {REVISION}")  # noqa: S608 -- a constant
        revision = connection.scalar(select_revision) if has_revision else None
    return parts, revision


def tables(there: Inspector) -> list[str]:
    """Our tables, each behind those that it points to."""
    ordered = [name for name, _ in there.get_sorted_table_and_fkc_names() if name is not None]
    return [name for name in ordered if name != REVISION]


def _dump_table(connection: Connection, there: Inspector, table: str, folder: Path) -> ArchivePart:
    columns = [column["name"] for column in there.get_columns(table)]
    keys = there.get_pk_constraint(table)["constrained_columns"] or columns
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _names(columns), sql.Identifier(table), _names(keys)
    )
    name = f"{TABLES}/{table}.copy"
    with (
        (folder / name).open("wb") as file,
        _driver(connection).cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for chunk in copy:
            file.write(chunk)
    return part_of(folder / name, name, columns)


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def holds_data(engine: Engine) -> bool:
    """Whether any table has a row, apart from the revision's own."""
    with engine.connect() as connection:
        return any(_has_rows(connection, table) for table in tables(inspect(connection)))


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() is not None  # noqa: S608 -- its own names


def clear(engine: Engine) -> None:
    """Drop every table.

    Raises:
        OperationError: somebody else is connected.
    """
    with engine.begin() as connection:
        others = connection.scalar(_OTHERS) or 0
        if others:
            raise OperationError(IN_USE.format(count=others))
        for table in (*tables(inspect(connection)), REVISION):
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{table}" CASCADE')


_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


def load(connection: Connection, manifest: Manifest, folder: Path) -> None:
    """Fill the empty tables, in the caller's transaction. Numbering goes on behind the largest number."""
    for part in manifest.named(TABLES):
        table = Path(part.name).stem
        _load_table(connection, table, part, folder)
        _number_on(connection, table, part)


def _number_on(connection: Connection, table: str, part: ArchivePart) -> None:
    asked = text("SELECT pg_get_serial_sequence(quote_ident(:table), 'id')")
    numbered_by = connection.scalar(asked, {"table": table}) if "id" in part.columns else None
    if numbered_by is not None:
        last = connection.exec_driver_sql(f'SELECT max(id) FROM "{table}"').scalar()  # noqa: S608 -- its own name
        connection.execute(
            text("SELECT setval(:sequence, :last)"), {"sequence": numbered_by, "last": last}
        )


def _load_table(connection: Connection, table: str, part: ArchivePart, folder: Path) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), _names(list(part.columns))
    )
    raw = _driver(connection)
    with (
        (folder / part.name).open("rb") as file,
        raw.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        while chunk := file.read(CHUNK):
            copy.write(chunk)
