"""Credit notes: by line, in parts, at the rate of the line, and never more than was sold."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.world.checkout import bought, refused
from tests.world.races import outcomes
from tests.world.shop import NOW, TODAY
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.catalogue.service import set_vat_rate
from zone.passes.credit_notes import service
from zone.passes.credit_notes.queries import left_of
from zone.passes.credit_notes.rules import LineAmount
from zone.passes.receipts.invariants import count_wrong_sums, count_years_with_gaps
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine
from zone.passes.receipts.service import lines_of, the_sale_of


def credit(order_id: int, *cents: int) -> str:
    """Credit the first lines of an order's sale with these cents; return the number."""
    with writing() as session:
        sale = the_sale_of(session, order_id)
        lines = lines_of(session, sale.id)
        amounts = [LineAmount(line.id, part) for line, part in zip(lines, cents, strict=False)]
        return service.issue_credit_note(session, sale, amounts, NOW).printed_number


def wrong() -> int:
    with reading() as session:
        return count_wrong_sums(session, NOW) + count_years_with_gaps(session, NOW)


def test_a_line_is_credited_in_parts_until_nothing_is_left(student: int) -> None:
    order_id = bought(student)
    with writing() as session:
        set_vat_rate(session, "exercise", percent=Decimal("20"), valid_from=TODAY)
    assert [credit(order_id, 1000), credit(order_id, 1500)] == ["C-2026-1", "C-2026-2"]
    assert refused(lambda: credit(order_id, 2001)) == "credit_too_high"
    assert credit(order_id, 2000) == "C-2026-3"
    assert refused(lambda: credit(order_id, 1)) == "credit_too_high"
    with reading() as session:
        lines = session.execute(
            select(ReceiptLine.cents, ReceiptLine.vat_bp, ReceiptLine.vat_cents)
            .where(ReceiptLine.credits_id.is_not(None))
            .order_by(ReceiptLine.id)
        ).all()
        sale = the_sale_of(session, order_id)
        assert [(one.cents) for one in left_of(session, sale)] == [0]
        notes = session.scalars(select(Receipt).where(Receipt.credits_id == sale.id)).all()
    # At the rate of the sale; the VAT is what the sale had, 535, in whole.
    assert lines == [(-1000, 1350, -119), (-1500, 1350, -178), (-2000, 1350, -238)]
    assert {note.kind for note in notes} == {"refund"}
    assert wrong() == 0


def test_nothing_and_another_receipts_line_are_refused(student: int) -> None:
    first, second = bought(student), bought(student, "gym")
    assert refused(lambda: credit(first)) == "credit_too_high"
    with writing() as session:
        sale, others = (
            the_sale_of(session, first),
            lines_of(session, the_sale_of(session, second).id),
        )
        with pytest.raises(DomainError, match="credit_too_high"):
            service.issue_credit_note(session, sale, [LineAmount(others[0].id, 1)], NOW)
    assert refused(lambda: credit(first, -1)) == "credit_too_high"


def check_parallel_credits(app: Flask, order_id: int) -> None:
    """Check that of many who credit 1000 of 4500 at once four do."""
    done = outcomes(app, [lambda: credit(order_id, 1000)] * 8)
    with reading() as session:
        credited = session.scalar(select(func.sum(Receipt.cents)).where(Receipt.kind == "refund"))
    assert (credited, done["done"]) == (-4000, 4)
    assert wrong() == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_who_credits_at_once_credits_no_more_than_was_sold(shop: Flask, student: int) -> None:
    check_parallel_credits(shop, bought(student))


@pytest.mark.thorough
@pytest.mark.planted_fault("nobody looks what is left")
def test_the_database_refuses_what_is_not_checked(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.credit_notes.service.check_amounts", lambda *_: None)
    check_parallel_credits(shop, bought(student))


@pytest.mark.thorough
@pytest.mark.planted_fault("what is credited is not counted, nor looked at")
def test_credits_that_are_not_counted_fail_the_check(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.credit_notes.service.check_amounts", lambda *_: None)
    monkeypatch.setattr("zone.passes.credit_notes.service._count", lambda *_: None)
    with pytest.raises(AssertionError):
        check_parallel_credits(shop, bought(student))


def test_the_database_refuses_to_change_what_was_sold(student: int) -> None:
    credit(bought(student), 100)
    with pytest.raises(DomainError, match="credit_too_high"), writing() as session:
        session.execute(text("UPDATE credited_line SET credited_cents = 4501"))
    for table in ("receipt_line", "receipt_series"):
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(text(f"DELETE FROM {table}"))


@pytest.mark.thorough
@pytest.mark.planted_fault("a line was changed by hand")
def test_the_doctor_finds_another_sum(student: int) -> None:
    credit(bought(student), 100)
    with writing() as session:
        session.execute(CreditedLine.__table__.update().values(credited_cents=99))  # type: ignore[attr-defined]
    assert wrong() == 1
