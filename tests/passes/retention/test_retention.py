"""Accounting years are deleted whole, with a certificate, and nothing that is still to be kept."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.checkout import bought, give_back, notices, ordered, pay_again, report
from tests.world.doctor import broken
from tests.world.shop import a_student
from zone.core.config import Settings
from zone.core.db.append_only import APPEND_ONLY, DELETABLE
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.time import year_window
from zone.members.eligibility import service as eligibility
from zone.passes.activations.queries import activations
from zone.passes.catalogue import service as catalogue
from zone.passes.orders.models import Order
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass
from zone.passes.receipts.models import Receipt
from zone.passes.retention import service
from zone.passes.retention.context import books_of, orders_until
from zone.passes.retention.jobs import delete_old_books
from zone.passes.retention.models import DeletedNumbers, DeletedYear
from zone.passes.retention.queries import certificates

# Long ago by the clock of every machine: the database asks its own.
SOLD = datetime(2015, 6, 1, 9, tzinfo=UTC)
NEXT_YEAR = datetime(2016, 2, 1, 9, tzinfo=UTC)
DUE = datetime(2022, 1, 1, 9, tzinfo=UTC)
# The visits of a pass are deleted when it has been over for some time, which is no matter of books.
BOOK_TABLES = set(DELETABLE) - {"pass_visit", "pass_visit_return"}
YEAR = date(2015, 12, 31)
"""The accounting year of `SOLD`, which need not be kept from `DUE` on."""

pytestmark = pytest.mark.engines("sqlite", "postgresql")


@pytest.fixture
def buyer(shop: Flask) -> int:
    """A student who could buy in 2015."""
    member = a_student("ostaja@zone.example")
    with writing() as session:
        for product, cents in {"term": 4000, "gym": 1200}.items():
            catalogue.set_price(
                session, product, role="student", cents=cents, valid_from=date(2012, 1, 1)
            )
        affiliation = session.scalar(
            text("SELECT id FROM affiliation WHERE member_id = :member"), {"member": member}
        )
        eligibility.add_proof(
            session,
            affiliation,
            source="test",
            valid_from=date(2012, 1, 1),
            valid_until=date(2019, 12, 31),
            now=SOLD,
            recorded_by=None,
        )
    return member


def stored_rows() -> dict[str, int]:
    """How many rows each table of the books has."""
    with reading() as session:
        return {
            table: session.scalar(select(func.count()).select_from(Base.metadata.tables[table]))
            or 0
            for table in BOOK_TABLES
        }


def delete_year(ended_on: date = YEAR, now: datetime = DUE) -> int:
    with writing() as session:
        return service.delete_year(session, ended_on, now)


def wrong(*names: str) -> dict[str, str]:
    return broken(Settings(), *names)


def test_a_year_goes_whole_and_leaves_a_certificate(buyer: int) -> None:
    bought(buyer, now=SOLD)
    pay_again(twice := ordered(buyer, "gym", now=SOLD), SOLD)
    for notice in notices(twice, at=SOLD):
        report(notice, SOLD)
    ordered(buyer, "gym", now=SOLD)  # and never paid
    kept = bought(buyer, "gym", now=NEXT_YEAR)
    before = stored_rows()
    assert delete_old_books(Settings(), DUE) == 3
    with reading() as session:
        (certificate,) = certificates(session)
        assert session.scalars(select(Order.id)).all() == [kept]
        assert session.scalars(select(Receipt.year)).all() == [2016]
        lines = session.scalars(select(Pass.order_line_id).order_by(Pass.id)).all()
    assert lines[:2] == [None, None]
    assert lines[2] is not None
    after = stored_rows()
    for table in BOOK_TABLES:
        assert before[table] - after[table] == certificate.counts[table], table
    assert [(one.series, one.first, one.last, one.count) for one in certificate.numbers] == [
        ("", 1, 2, 2),
        ("C", 1, 1, 1),
    ]
    assert certificate.ended_on == YEAR
    assert (
        wrong(
            "receipts",
            "receipt_lines",
            "books",
            "passes",
            "rows",
            "record",
            "certificates",
            "payments",
            "sales",
            "returns",
            "quotas",
        )
        == {}
    )
    assert delete_old_books(Settings(), DUE) == 0


def test_a_year_is_kept_until_its_time(buyer: int) -> None:
    bought(buyer, now=SOLD)
    before = stored_rows()
    assert delete_old_books(Settings(), datetime(2021, 12, 31, 21, 59, tzinfo=UTC)) == 0
    assert stored_rows() == before
    # Midnight is that of Helsinki.
    assert delete_old_books(Settings(), datetime(2021, 12, 31, 22, tzinfo=UTC)) == 1


def test_a_receipt_waits_for_its_credit_note(buyer: int) -> None:
    order = bought(buyer, now=SOLD)
    bought(buyer, "gym", now=SOLD)
    give_back(order, a_student("tiski@zone.example"), NEXT_YEAR)
    assert delete_old_books(Settings(), DUE) == 1
    with reading() as session:
        assert sorted(session.scalars(select(Receipt.kind))) == ["refund", "sale"]
    names = ("receipts", "receipt_lines", "books", "passes")
    assert wrong(*names) == {}
    assert delete_old_books(Settings(), datetime(2023, 1, 1, tzinfo=UTC)) == 2
    assert wrong(*names) == {}
    assert not any(stored_rows().values())


def test_the_figures_of_passes_stay(buyer: int) -> None:
    bought(buyer, now=SOLD)
    with writing() as session:
        pass_id = session.scalars(select(Pass.id)).one()
        passes.activate(session, pass_id, occurred_at=SOLD, recorded_at=SOLD, by="test")

    def counted() -> list[object]:
        with reading() as session:
            return list(activations(session, year_window(2015), DUE))

    before = counted()
    assert delete_year() == 1
    assert len(before) == 1
    assert counted() == before


def test_nothing_goes_without_a_certificate(buyer: int) -> None:
    bought(buyer, now=SOLD)
    for table in sorted(table for table, rows in stored_rows().items() if rows):
        with pytest.raises(IntegrityError, match="append-only"), writing() as session:
            session.execute(text(f"DELETE FROM {table}"))


def _certify(session: Session, ended_on: str, ended_at: str) -> None:
    session.execute(
        text(
            "INSERT INTO deleted_year (ended_on, ended_at, years_kept, counts, digest, deleted_at) "
            "VALUES (:on, :at, 6, '{\"receipt\": 0}', :digest, '2040-01-01 00:00:00')"
        ),
        {"on": ended_on, "at": ended_at, "digest": b"\x00"},
    )


@pytest.mark.planted_fault("a certificate of a year that is still to be kept")
def test_the_database_keeps_a_receipt_whatever_a_certificate_says(buyer: int) -> None:
    # Of this year: by the clock of the database it is never six years old.
    bought(a_student("uusi@zone.example"))
    with writing() as session:
        _certify(session, "2026-12-31", "2026-12-31 22:00:00")
    before = stored_rows()
    for table in sorted(table for table, rows in before.items() if rows):
        with pytest.raises(IntegrityError, match="append-only"), writing() as session:
            session.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(IntegrityError, match="append-only"), writing() as session:
        for rows in books_of(orders_until(datetime(2027, 1, 1, tzinfo=UTC))):
            if rows.model.__tablename__ in APPEND_ONLY:
                session.execute(text(f"DELETE FROM {rows.model.__tablename__}"))
    assert stored_rows() == before


@pytest.mark.thorough
@pytest.mark.planted_fault("numbers that are certified and still there")
def test_the_doctor_accepts_only_the_numbers_that_a_certificate_covers(buyer: int) -> None:
    bought(buyer, now=SOLD)
    bought(buyer, "gym", now=NEXT_YEAR)
    assert delete_year() == 1
    assert wrong("receipts", "certificates") == {}
    with writing() as session:
        certificate = session.scalars(select(DeletedYear.id)).one()
        session.add(
            DeletedNumbers(
                deleted_year_id=certificate, series="", year=2016, first=1, last=1, count=1
            )
        )
    assert set(wrong("receipts", "certificates")) == {"receipts", "certificates"}


@pytest.mark.thorough
@pytest.mark.planted_fault("the process ends between two tables")
def test_a_year_that_is_interrupted_stays_whole(
    buyer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(buyer, now=SOLD)
    before, delete = stored_rows(), service._delete

    def die_at_receipts(session: Session, rows: object, count: int) -> None:
        if rows.model is Receipt:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        delete(session, rows, count)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "_delete", die_at_receipts)
    with pytest.raises(KeyboardInterrupt):
        delete_year()
    assert stored_rows() == before
    with reading() as session:
        assert certificates(session) == []
    monkeypatch.undo()
    assert delete_year() == 1


@pytest.mark.engines("sqlite")
def test_everything_that_refers_to_the_books_goes_with_them_or_is_released() -> None:
    in_order = [rows.model.__tablename__ for rows in books_of(orders_until(DUE))]
    assert set(in_order) & APPEND_ONLY == BOOK_TABLES
    references = {
        (table.name, key.column.table.name)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in in_order
    }
    released = {("pass", "order_line")}
    assert {by for by, _to in references - released} <= set(in_order)
    for by, to in references - released:
        assert in_order.index(by) <= in_order.index(to), f"{by} goes before {to}"
