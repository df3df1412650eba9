"""Append-only tables, with triggers that refuse UPDATE and DELETE; and no TRUNCATE of any table.

Of other tables of facts the rows change, but stay: see `keep_rows`. A few append-only tables let
rows go under a condition that the database itself checks: `deletable_if`.
"""

from typing import Final

from sqlalchemy import DDL, Connection, event, inspect

from zone.core.db.types import Base

# The tables whose rows are never changed.
APPEND_ONLY: Final[set[str]] = set()
# Of these, the ones of which a row may be deleted, with the condition in SQL over OLD.
DELETABLE: Final[dict[str, str]] = {}
# The tables whose rows may change, and are never deleted.
KEPT_ROWS: Final[set[str]] = set()

REVISION_TABLE: Final = "alembic_version"
NO_TRUNCATE: Final = "_no_truncate"
"""The end of a trigger's name, after that of its table."""
_TRUNCATE_REFUSAL: Final = (
    "CREATE OR REPLACE FUNCTION zone_no_truncate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is not truncated''; "
    "END'"
)
_REFUSAL: Final = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ' is append-only'"
)
# By the database's clock: what the service says of the time is not asked.
_TIMES: Final = {
    "sqlite": {"years_ago": "datetime('now', '-6 years')", "yesterday": "date('now', '-1 day')"},
    "postgresql": {
        "years_ago": "now() - interval '6 years'",
        "yesterday": "CURRENT_DATE - 1",
    },
}


def append_only(model: type[Base], *, deletable_if: str | None = None) -> None:
    """Make the model's table append-only; a row may be deleted where the condition holds."""
    table = Base.metadata.tables[model.__tablename__]
    APPEND_ONLY.add(table.name)
    if deletable_if is not None:
        DELETABLE[table.name] = deletable_if
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_statements(table.name, dialect):
            trigger = DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


def keep_rows(model: type[Base]) -> None:
    """Say that no row of the model's table is ever deleted.

    Retention empties columns of such rows. With a role of its own for the owner of the tables, the
    service's role has no right to delete from them.
    """
    KEPT_ROWS.add(model.__tablename__)


def append_only_statements(table: str, dialect: str, *, always: bool = False) -> list[str]:
    """The statements that make `table` append-only, for the model and for its migration.

    `always`: whatever the row, also of a table whose rows may be deleted.
    """
    may_go = None if always else _may_go(table, dialect)
    if dialect == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        when = {"update": "", "delete": f"WHEN NOT {may_go} " if may_go else ""}
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {when[verb]}{refusal}"
            for verb in ("update", "delete")
        ]
    function = f"zone_append_only_{table}" if may_go else "zone_append_only"
    body = refusing_function(table, always=always).replace("'", "''")
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS '{body}'",
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
    ]


def refusing_function(table: str, *, always: bool = False) -> str:
    """Return the body of the function of PostgreSQL that the trigger of a table executes."""
    may_go = None if always else _may_go(table, "postgresql")
    if may_go is None:
        return f"BEGIN {_REFUSAL}; END"
    # Not by AND: an UPDATE would be asked for the condition too.
    return (
        f"BEGIN IF TG_OP = 'DELETE' THEN IF {may_go} THEN RETURN OLD; END IF; END IF; "
        f"{_REFUSAL}; END"
    )


def _may_go(table: str, dialect: str) -> str | None:
    condition = DELETABLE.get(table)
    return condition and condition.format(**_TIMES[dialect])


def stored_tables(connection: Connection) -> set[str]:
    """Return the tables of the database, without the one of its revision."""
    return set(inspect(connection).get_table_names()) - {REVISION_TABLE}


def refuse_truncate(connection: Connection) -> None:
    """Give every table of PostgreSQL a trigger that refuses TRUNCATE, where it has none yet.

    Row triggers do not fire on TRUNCATE, so the append-only tables could be emptied. All tables get
    the trigger, because facts are also in tables that retention changes, such as door entries.
    """
    if connection.dialect.name != "postgresql":
        return
    query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    present = set(connection.exec_driver_sql(query).scalars())
    missing = sorted(
        table for table in stored_tables(connection) if table + NO_TRUNCATE not in present
    )
    if missing:
        connection.exec_driver_sql(_TRUNCATE_REFUSAL)
    for table in missing:
        connection.exec_driver_sql(
            f'CREATE TRIGGER {table}{NO_TRUNCATE} BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION zone_no_truncate()"
        )
