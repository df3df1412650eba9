"""No table of PostgreSQL can be emptied by TRUNCATE, on which row triggers do not fire."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from zone.core.db.append_only import stored_tables
from zone.core.db.transactions import reading, writing

# In a database of its own a test is the owner of the tables, and a superuser.
pytestmark = [pytest.mark.own_database, pytest.mark.engines("postgresql")]


def check_no_table_is_truncated() -> None:
    """Check that TRUNCATE of any table is refused, also to the owner."""
    with reading() as session:
        tables = sorted(stored_tables(session.connection()))
    assert {"audit", "entry", "visit", "receipt"} <= set(tables)
    for table in tables:
        with pytest.raises(IntegrityError, match="is not truncated"), writing() as session:
            session.execute(text(f'TRUNCATE "{table}" CASCADE'))


def test_no_table_is_truncated(app: Flask) -> None:
    check_no_table_is_truncated()


@pytest.mark.parametrize("table", ["audit", "quarantine"])
@pytest.mark.planted_fault("a table without its trigger against TRUNCATE")
def test_a_table_without_its_trigger_fails_the_check(app: Flask, table: str) -> None:
    with writing() as session:
        session.execute(text(f"DROP TRIGGER {table}_no_truncate ON {table}"))
    with pytest.raises(pytest.fail.Exception):
        check_no_table_is_truncated()
