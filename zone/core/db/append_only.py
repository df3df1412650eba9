"""Append-only tables: triggers that refuse UPDATE, DELETE and TRUNCATE."""

from typing import Final

from sqlalchemy import DDL, event

from zone.core.db.types import Base

# The tables whose rows are never changed.
APPEND_ONLY: Final[set[str]] = set()


def append_only(model: type[Base]) -> None:
    """Make the model's table append-only."""
    table = Base.metadata.tables[model.__tablename__]
    APPEND_ONLY.add(table.name)
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_statements(table.name, dialect):
            trigger = DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


def append_only_statements(table: str, dialect: str) -> list[str]:
    """The statements that make `table` append-only, for the model and for its migration."""
    if dialect == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {refusal}"
            for verb in ("update", "delete")
        ]
    refusal = (
        "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
    )
    each_row = (
        f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
    )
    return [
        (
            "CREATE OR REPLACE FUNCTION zone_append_only() RETURNS trigger LANGUAGE plpgsql "
            f"AS 'BEGIN {refusal}; END'"
        ),
        f"CREATE TRIGGER {table}_append_only {each_row}",
        # Row triggers do not fire on TRUNCATE, which SQLite does not have.
        (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION zone_append_only()"
        ),
    ]
