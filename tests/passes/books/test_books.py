"""The books: debit is credit, the export recomputes, and it agrees with receipts and payments."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.world.checkout import bought, give_back
from tests.world.people import an_actor, signed_in
from tests.world.shop import NOW, TODAY, a_student
from zone.bench.trade import invent_trade
from zone.core.db.transactions import reading, writing
from zone.core.time import day_window, year_window
from zone.members.roles import service as roles
from zone.passes.books import invariants, queries, rules, service
from zone.passes.books.rules import Chart, ChartRow, Document, DocumentLine
from zone.passes.receipts import invariants as receipts_invariants
from zone.passes.receipts.models import Receipt, ReceiptLine

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SCRIPT = Path(__file__).with_name("recompute.py")


def a_year(member_id: int, receipts: int) -> None:
    """Write a year of invented trade."""
    with writing() as session:
        invent_trade(session, 7, receipts, 2026, member_id=member_id, by=member_id)


def exported(app: Flask, member_id: int, form: str = "journal") -> bytes:
    """Return the export of the year as a manager downloads it."""
    with writing() as session:
        roles.grant_role(session, member_id, "manager", NOW)
    address = f"/manage/books/{form}.csv?first=2026-01-01&last=2026-12-31"
    answer = signed_in(app, member_id).get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return answer.get_data()


def recomputed(content: bytes, folder: Path) -> dict[str, Any]:
    """Return what the script that knows nothing of the product makes of an export."""
    path = folder / "journal.csv"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def stored() -> tuple[dict[str, int], dict[str, int], int]:
    """Return gross and VAT by rate, and how many receipts the database has in the year."""
    start, end = year_window(2026)
    gross, vat = Counter[str](), Counter[str]()
    with reading() as session:
        within = (Receipt.issued_at >= start, Receipt.issued_at < end)
        lines = session.execute(
            select(ReceiptLine).join(Receipt, Receipt.id == ReceiptLine.receipt_id).where(*within)
        ).scalars()
        for line in lines:
            gross[rules.percent(line.vat_bp)] += line.cents
            vat[rules.percent(line.vat_bp)] += line.vat_cents
        count = session.scalars(select(func.count()).select_from(Receipt).where(*within)).one()
    return dict(gross), dict(vat), count


def check_year(app: Flask, member_id: int, receipts: int, folder: Path) -> None:
    a_year(member_id, receipts)
    with reading() as session:
        assert receipts_invariants.count_wrong_sums(session, NOW) == 0
        assert receipts_invariants.count_years_with_gaps(session, NOW) == 0
        assert invariants.count_wrong_days(session, NOW) == 0
    found = recomputed(exported(app, member_id), folder)
    gross, vat, count = stored()
    assert (found["unbalanced"], found["wrong_vat"], found["formulas"]) == ([], [], 0)
    assert (found["gross"], found["vat"], found["receipts"]) == (gross, vat, count)
    assert sum(found["accounts"].values()) == 0


def test_a_year_of_trade_recomputes_from_its_export(
    app: Flask, shop: Flask, student: int, tmp_path: Path
) -> None:
    check_year(app, student, 300, tmp_path)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_year_of_fifty_thousand_receipts_recomputes(
    app: Flask, shop: Flask, student: int, tmp_path: Path
) -> None:
    check_year(app, student, 50_000, tmp_path)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.engines("postgresql")
def test_a_day_of_the_export_reads_no_more_than_the_payments_of_that_day(
    shop: Flask, student: int
) -> None:
    """PostgreSQL read the payments of all years for each day: 365 times for a year."""
    a_year(student, 4000)
    since, until = day_window(date(2026, 5, 6))
    with writing() as session:
        session.execute(text("ANALYZE"))
    with reading() as session:
        asked = queries._statement().params(since=since, until=until)
        statement = asked.compile(dialect=session.get_bind().dialect)
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        explained = session.connection().exec_driver_sql(explain, statement.params)
        (plan,) = explained.scalar_one()
        of_day = session.scalars(
            select(func.count())
            .select_from(Receipt)
            .where(Receipt.issued_at >= since, Receipt.issued_at < until)
        ).one()
    read = [
        node["Actual Rows"] * node["Actual Loops"]
        for node in nodes(plan["Plan"])
        if node.get("Relation Name") == "payment"
    ]
    assert 0 < sum(read) <= 3 * of_day


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a node of a plan of PostgreSQL and those below it."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.planted_fault("VAT is not posted")
def test_postings_without_vat_are_found(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_year(student, 20)
    good = rules.postings
    monkeypatch.setattr(
        rules,
        "postings",
        lambda one, chart: [p for p in good(one, chart) if p.account != "2939"],
    )
    with reading() as session:
        assert invariants.count_wrong_days(session, NOW) > 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipt_line SET vat_cents = vat_cents + 1, cents = cents + 1",
        "UPDATE payment SET cents = cents - 1",
        "UPDATE receipt SET cents = cents + 1",
    ],
)
@pytest.mark.own_database
def test_what_is_changed_by_hand_is_found(shop: Flask, student: int, statement: str) -> None:
    bought(student)
    with reading() as session:
        assert invariants.count_wrong_days(session, NOW) == 0
    table = statement.split()[1]
    with writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text(f"DROP TRIGGER {table}_no_update"))
        else:
            session.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        session.execute(text(statement))
    with reading() as session:
        assert invariants.count_wrong_days(session, NOW) == 1


def test_sale_refund_and_second_payment_balance_and_agree(shop: Flask, student: int) -> None:
    order, an_admin = bought(student), a_student("johtaja@zone.example")
    give_back(order, an_admin)
    with reading() as session:
        found = list(queries.documents(session, TODAY, TODAY))
        report = queries.month_report(session, *YEAR)
        assert invariants.count_wrong_days(session, NOW) == 0
    assert [(one.kind, one.cents, one.method) for one in found] == [
        ("sale", 4500, "development"),
        ("refund", -4500, "development"),
    ]
    assert (report.sales_cents, report.refunds_cents) == (4500, -4500)
    assert set(report.vat_by_rate.values()) == {0}


def a_sale(day: date, name: str = "Liikuntapassi") -> Document:
    line = DocumentLine("sports_pass", 1350, 4500, 535, day, name)
    return Document("2026-1", "sale", day, 4500, "cash", "", [line])


def cells(found: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(found)), delimiter=";"))


def test_the_chart_decides_by_day_and_the_newest_row_holds() -> None:
    rows = [
        ChartRow("sales", "sports_pass", date(2026, 7, 1), "3010", ""),
        ChartRow("vat", "1350", date(2026, 1, 1), "2940", "B"),
        ChartRow("vat", "1350", date(2026, 1, 1), "2941", "C"),
    ]
    chart = Chart(rows)
    before, after = (
        {one.account for one in rules.postings(a_sale(day), chart)}
        for day in (date(2026, 6, 30), date(2026, 7, 1))
    )
    assert (before, after) == ({"1900", "3000", "2941"}, {"1900", "3010", "2941"})
    assert {one.vat_code for one in rules.postings(a_sale(TODAY), chart)} == {"", "C"}


def test_a_finnish_spreadsheet_reads_it_and_runs_no_formula() -> None:
    sales = [a_sale(TODAY, name) for name in ("=1+1", "@x", "-2", 'a;"b"')]
    content = "".join(rules.journal_lines(sales, Chart([])))
    assert content.startswith("\ufeffday;receipt;")
    read = cells([content])
    assert read[2] == [str(TODAY), "2026-1", "3000", "", "13,5", "0,00", "39,65", "'=1+1"]
    assert {row[7] for row in read[1:]} == {"cash", "'=1+1", "'@x", "'-2", 'a;"b"'}


def test_a_day_is_added_up_by_account_and_code() -> None:
    sales = [a_sale(TODAY), a_sale(TODAY)]
    assert cells(rules.day_lines(sales, Chart([])))[1:] == [
        [str(TODAY), "1900", "", "", "90,00", "0,00"],
        [str(TODAY), "2939", "", "13,5", "0,00", "10,70"],
        [str(TODAY), "3000", "", "13,5", "0,00", "79,30"],
    ]


def test_a_day_of_the_books_is_a_day_in_helsinki(shop: Flask, student: int) -> None:
    bought(student, now=datetime(2026, 9, 30, 21, 30, tzinfo=UTC))
    with reading() as session:
        (one,) = queries.documents(session, date(2026, 10, 1), date(2026, 10, 1))
        assert list(queries.documents(session, date(2026, 9, 30), date(2026, 9, 30))) == []
    assert one.day == date(2026, 10, 1)


def test_a_manager_sets_an_account(app: Flask, shop: Flask, student: int) -> None:
    boss = an_actor(a_student("johtaja@zone.example"), "manager")
    with writing() as session:
        service.set_account(
            session,
            boss,
            slot="method",
            subject="cash",
            valid_from=YEAR[0],
            account="1901",
            vat_code="",
            now=NOW,
        )
    with reading() as session:
        assert queries.chart(session).find("method", "cash", TODAY) == ("1901", "")
    assert b"manage" not in exported(app, student, "days")[:20]
