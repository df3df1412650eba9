"""A migration that stops half-way leaves the database unchanged, on both engines."""

from contextlib import closing

import pytest
from alembic.runtime.environment import EnvironmentContext
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from tests.migrations.revisions import begin_at
from tests.migrations.test_migrations import empty
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.operation.migrations import service as migrations

__all__ = ["empty"]
FIRST = "0001"
LATE = "survey_draft"
"""A table that a late revision makes."""


def tables() -> set[str]:
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def check_whole(wrong: type[Exception], *statements: str) -> None:
    """Check that a failing upgrade changes neither tables nor revision."""
    begin_at(FIRST)
    with closing(db.engine.raw_connection()) as raw:
        for statement in statements:
            raw.cursor().execute(statement)
        raw.commit()
    before = tables()
    with pytest.raises(wrong):
        migrations.migrate(str(MIGRATIONS))
    db.engine.dispose()
    assert (migrations.present(), tables()) == (FIRST, before)


@pytest.mark.engines("postgresql", thorough="sqlite")
def test_a_failing_migration_rolls_back_those_before_it(empty: Flask) -> None:
    check_whole(DBAPIError, f"CREATE TABLE {LATE} (id INTEGER)")
    with db.engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {LATE}"))
    assert migrations.migrate(str(MIGRATIONS))[0] == FIRST


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a commit for each revision")
def test_a_commit_for_each_revision_fails_the_check(
    empty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure = EnvironmentContext.configure

    def each_for_itself(self: EnvironmentContext, **options: object) -> None:
        configure(self, **{**options, "transaction_per_migration": True})  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(EnvironmentContext, "configure", each_for_itself)
    with pytest.raises(AssertionError):
        check_whole(DBAPIError, f"CREATE TABLE {LATE} (id INTEGER)")


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
def test_rows_that_refer_to_nothing_stop_an_upgrade(empty: Flask) -> None:
    row = (
        "INSERT INTO sign_in_session (member_id, digest, created_at, seen_at) VALUES (7, x'00', "
        "'2026', '2026')"
    )
    check_whole(migrations.SchemaError, "PRAGMA foreign_keys=OFF", row, "PRAGMA foreign_keys=ON")
