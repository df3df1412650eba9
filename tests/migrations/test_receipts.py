"""Receipts through the migration that gives them lines, series and credit notes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from tests.migrations.revisions import begin_at
from tests.migrations.test_migrations import empty
from tests.migrations.test_money import add, all_of
from tests.migrations.test_upgrade import STATES, load, tables
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.passes.receipts.invariants import count_wrong_sums, count_years_with_gaps

__all__ = ["empty"]
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
BEFORE = "0044"


def rows(table: str, *columns: str) -> list[tuple[Any, ...]]:
    named = tables().tables[table].c
    with db.engine.connect() as connection:
        query = select(*(named[column] for column in columns)).order_by(named[columns[0]])
        return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def old(empty: Flask) -> int:
    """A service of the version before with a refund; return the order that it gives back."""
    begin_at("0001")
    load(json.loads(STATES["0001"].read_text(encoding="utf-8")))
    upgrade(directory=str(MIGRATIONS), revision=BEFORE)
    sold = rows("receipt", "order_id", "kind", "cents", "year", "number")
    order_id, _, cents, _, _ = next(row for row in sold if row[1] == "sale" and row[2])
    refunded = {row[0] for row in sold if row[1] == "refund"}
    if order_id not in refunded:
        last = max(row[4] for row in sold if row[3] == 2026)
        values = {"year": 2026, "number": last + 1, "order_id": order_id, "issued_at": AT}
        add("receipt", kind="refund", cents=-cents, **values)
        sequence = tables().tables["receipt_sequence"]
        with db.engine.begin() as connection:
            connection.execute(
                sequence.update().where(sequence.c.year == 2026).values(last=last + 1)
            )
    return int(order_id)


def check(order_id: int) -> None:
    """Check that every receipt has its lines, as they were printed, and that all agrees."""
    with reading() as session:
        assert count_wrong_sums(session, AT) == count_years_with_gaps(session, AT) == 0
    by_kind = {
        kind: cents
        for order, kind, cents in rows("receipt", "order_id", "kind", "cents")
        if order == order_id
    }
    assert by_kind["refund"] == -by_kind["sale"]
    assert set(all_of("receipt", "series")) == {""}
    credited = rows("credited_line", "receipt_line_id", "sold_cents", "credited_cents")
    assert by_kind["sale"] in {sold for _, sold, given in credited if sold == given}


@pytest.mark.thorough
def test_receipts_get_their_lines_and_keep_their_numbers(old: int) -> None:
    before = rows("receipt", "id", "year", "number", "cents")
    upgrade(directory=str(MIGRATIONS))
    assert rows("receipt", "id", "year", "number", "cents") == before
    check(old)
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    assert rows("receipt", "id", "year", "number", "cents") == before
    upgrade(directory=str(MIGRATIONS))
    check(old)


@pytest.mark.thorough
def test_a_receipt_of_another_series_is_never_lost_on_the_way_down(old: int) -> None:
    upgrade(directory=str(MIGRATIONS))
    add(
        "receipt",
        series="C",
        year=2026,
        number=1,
        order_id=old,
        kind="refund",
        cents=0,
        issued_at=AT,
    )
    # Flask-Migrate logs the RuntimeError and ends the program.
    with pytest.raises(SystemExit):
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    db.engine.dispose()
    assert "C" in all_of("receipt", "series")
