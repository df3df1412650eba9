"""Dump and load a PostgreSQL database by COPY, without a superuser or programs of PostgreSQL."""

from pathlib import Path
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Connection, Engine, Inspector, inspect, text

from zone.core.errors import OperationError
from zone.operation.backups.archive import CHUNK, ArchivePart, Manifest, part_of

TABLES: Final = "tables"
REVISION: Final = "alembic_version"
IN_USE: Final = (
    "{count} others use the database: stop web and scheduler, then restore again. "
    "Nothing was changed."
)

OTHER_CLIENTS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def dump(engine: Engine, folder: Path) -> tuple[list[ArchivePart], str | None]:
    """Write every table as of one instant; return the parts in loading order, and the revision."""
    (folder / TABLES).mkdir(mode=0o700)
    # READ COMMITTED would give each table another instant: a booking without its session.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        inspector = inspect(connection)
        parts = [_dump_table(connection, inspector, name, folder) for name in tables(inspector)]
        has_revision = inspector.has_table(REVISION)
        select_revision = text(f"SELECT version_num FROM {REVISION}")  # noqa: S608 -- a constant
        revision = connection.scalar(select_revision) if has_revision else None
    return parts, revision


def tables(inspector: Inspector) -> list[str]:
    """Return the tables, each after those that it refers to."""
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name is not None]
    return [name for name in ordered if name != REVISION]


def _dump_table(
    connection: Connection, inspector: Inspector, table: str, folder: Path
) -> ArchivePart:
    columns = [column["name"] for column in inspector.get_columns(table)]
    keys = inspector.get_pk_constraint(table)["constrained_columns"] or columns
    # In the order of the keys: that of arrival would show who answered a survey when.
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _names(columns), sql.Identifier(table), _names(keys)
    )
    name = f"{TABLES}/{table}.copy"
    with (
        (folder / name).open("wb") as file,
        _driver_connection(connection).cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for chunk in copy:
            file.write(chunk)
    return part_of(folder / name, name, columns)


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.driver_connection


def holds_data(engine: Engine) -> bool:
    """Whether any table but that of the revision has a row."""
    with engine.connect() as connection:
        return any(_has_rows(connection, table) for table in tables(inspect(connection)))


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() is not None  # noqa: S608 -- its own names


def count_other_clients(engine: Engine) -> int:
    """Return how many others are connected to the database."""
    with engine.connect() as connection:
        return connection.scalar(OTHER_CLIENTS) or 0


def clear(engine: Engine) -> None:
    """Drop every table.

    Raises:
        OperationError: other clients are connected.
    """
    with engine.begin() as connection:
        other_clients = connection.scalar(OTHER_CLIENTS) or 0
        if other_clients:
            raise OperationError(IN_USE.format(count=other_clients))
        for table in (*tables(inspect(connection)), REVISION):
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{table}" CASCADE')


def load(connection: Connection, manifest: Manifest, folder: Path) -> None:
    """Fill the tables of a new schema, in the caller's transaction."""
    parts = list(manifest.parts_in(TABLES))
    for part in reversed(parts):
        _empty(connection, Path(part.name).stem)
    for part in parts:
        table = Path(part.name).stem
        _load_table(connection, table, part, folder)
        _continue_sequence(connection, table, part)


def _empty(connection: Connection, table: str) -> None:
    """Delete the rows that migrations write, such as the first series: the backup has its own."""
    # The triggers of append-only tables refuse it, also to the owner.
    for statement in (
        "ALTER TABLE {} DISABLE TRIGGER USER",
        "DELETE FROM {}",
        "ALTER TABLE {} ENABLE TRIGGER USER",
    ):
        _driver_connection(connection).execute(sql.SQL(statement).format(sql.Identifier(table)))


def _continue_sequence(connection: Connection, table: str, part: ArchivePart) -> None:
    # COPY with ids does not move the sequence: the next INSERT would take an id that exists.
    query = text("SELECT pg_get_serial_sequence(quote_ident(:table), 'id')")
    sequence = connection.scalar(query, {"table": table}) if "id" in part.columns else None
    if sequence is not None:
        last_id = connection.exec_driver_sql(f'SELECT max(id) FROM "{table}"').scalar()  # noqa: S608 -- its own name
        # Of an empty table `last_id` is NULL, and setval, a strict function, does nothing.
        connection.execute(
            text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last_id}
        )


def _load_table(connection: Connection, table: str, part: ArchivePart, folder: Path) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), _names(list(part.columns))
    )
    raw = _driver_connection(connection)
    with (
        (folder / part.name).open("rb") as file,
        raw.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        while chunk := file.read(CHUNK):
            copy.write(chunk)
