"""Statements on which row triggers do not fire by themselves: TRUNCATE of PostgreSQL, REPLACE of
SQLite.
"""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from zone.core.audit.service import record_action
from zone.core.clock import utc_now
from zone.core.db.append_only import stored_tables
from zone.core.db.transactions import reading, writing


def check_no_table_is_truncated() -> None:
    """Check that TRUNCATE of any table is refused, also to the owner."""
    with reading() as session:
        tables = sorted(stored_tables(session.connection()))
    assert {"audit", "entry", "visit", "receipt"} <= set(tables)
    for table in tables:
        with pytest.raises(IntegrityError, match="is not truncated"), writing() as session:
            session.execute(text(f'TRUNCATE "{table}" CASCADE'))


@pytest.mark.own_database  # as the owner of the tables, and a superuser
@pytest.mark.engines("postgresql")
def test_no_table_is_truncated(app: Flask) -> None:
    check_no_table_is_truncated()


@pytest.mark.thorough
@pytest.mark.own_database  # as the owner of the tables, and a superuser
@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("table", ["audit", "quarantine"])
@pytest.mark.planted_fault("a table without its trigger against TRUNCATE")
def test_a_table_without_its_trigger_fails_the_check(app: Flask, table: str) -> None:
    with writing() as session:
        session.execute(text(f"DROP TRIGGER {table}_no_truncate ON {table}"))
    with pytest.raises(pytest.fail.Exception):
        check_no_table_is_truncated()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "statement",
    [
        "REPLACE INTO audit SELECT * FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "UPDATE OR REPLACE audit SET action = 'forged'",
    ],
)
def test_no_row_of_the_audit_is_replaced(app: Flask, statement: str) -> None:
    with writing() as session:
        record_action(
            session, actor_id=None, action="a", object_kind="a", object_id="a", now=utc_now()
        )
    with pytest.raises(IntegrityError, match="append-only"), writing() as session:
        session.execute(text(statement))
