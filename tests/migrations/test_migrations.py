"""The migrated schema is that of the models, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from tests.migrations.revisions import begin_at, copying, newest
from zone.app import MIGRATIONS, create_app
from zone.core.config import Settings
from zone.core.db.append_only import (
    APPEND_ONLY,
    NO_TRUNCATE,
    append_only_statements,
    stored_tables,
)
from zone.core.db.engine import db
from zone.core.db.types import Base


@pytest.fixture
def empty(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Yield an application on an empty database."""
    copies = request.getfixturevalue(f"copies_of_{engine_name}")
    with copies.empty(tmp_path) as url:
        app = create_app(Settings(database_url=url, data_dir=tmp_path))
        with app.app_context(), copying(copies):
            yield app
            db.engine.dispose()


def differences() -> list[object]:
    """Return the differences between the models and the database."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def triggers() -> set[str]:
    """Return the names of the database's triggers."""
    source = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with db.engine.connect() as connection:
        return set(connection.scalars(text(source[connection.dialect.name])))


def wanted_triggers(dialect: str) -> set[str]:
    statements = [
        statement for table in APPEND_ONLY for statement in append_only_statements(table, dialect)
    ]
    wanted = {
        statement.split()[2] for statement in statements if statement.startswith("CREATE TRIGGER")
    }
    if dialect == "postgresql":
        with db.engine.connect() as connection:
            wanted |= {table + NO_TRUNCATE for table in stored_tables(connection)}
    return wanted


def test_the_migrated_schema_is_the_one_of_the_models(empty: Flask, engine_name: str) -> None:
    upgrade(directory=str(MIGRATIONS))
    assert differences() == []
    assert triggers() == wanted_triggers(engine_name)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("a column that no migration made")
def test_a_column_that_no_migration_made_is_noticed(empty: Flask) -> None:
    begin_at(newest())
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE campus DROP COLUMN name"))
    assert differences() != []


def test_migrations_go_down_and_up_again(empty: Flask) -> None:
    begin_at(newest())
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(directory=str(MIGRATIONS))
    assert differences() == []
