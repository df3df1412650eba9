"""The day whose VAT rate holds, and VAT that is rounded once for each rate."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.world.checkout import A_SELLER, PROVIDER, line_of, notices, ordered, report
from zone.core.db.transactions import reading, writing
from zone.passes.catalogue import rules
from zone.passes.payments import service as payments
from zone.passes.receipts.models import ReceiptLine

EVE = datetime(2025, 12, 31, 20, tzinfo=UTC)
"""22.00 in Helsinki, two hours before exercise goes from 14 % to 13.5 %."""
LAST_HALF_HOUR = datetime(2025, 12, 31, 21, 30, tzinfo=UTC)
FIRST_HALF_HOUR = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, 9, tzinfo=UTC)


def rate_on_receipt() -> tuple[int, int]:
    with reading() as session:
        line = session.scalars(select(ReceiptLine)).one()
        return line.vat_bp, line.vat_cents


@pytest.mark.parametrize(
    ("starts_on", "paid_at", "rate"),
    [
        (date(2025, 12, 31), NEW_YEAR, (1400, 553)),  # supplied in the old year
        (date(2026, 1, 15), NEW_YEAR, (1350, 535)),  # ordered in the old year, paid in the new one
        (date(2026, 1, 15), LAST_HALF_HOUR, (1400, 553)),  # paid in advance, in the old year
        (date(2026, 1, 15), FIRST_HALF_HOUR, (1350, 535)),  # the year is Helsinki's
    ],
)
def test_the_rate_is_that_of_the_supply_or_of_the_payment_if_earlier(
    student: int, starts_on: date, paid_at: datetime, rate: tuple[int, int]
) -> None:
    order_id = ordered(student, now=EVE, starts_on=starts_on)
    assert line_of(order_id).vat_bp == 1400
    # Heard of later: what counts is when it was paid.
    report(notices(order_id, at=paid_at)[0], max(paid_at, NEW_YEAR))
    assert rate_on_receipt() == rate


def test_a_seller_outside_vat_at_the_payment_charges_none(student: int) -> None:
    order_id = ordered(student, now=EVE)
    outside = type(A_SELLER)(A_SELLER.name, A_SELLER.address, A_SELLER.business_id, False)
    with writing() as session:
        payments.settle(session, PROVIDER.name, notices(order_id, at=EVE)[0], EVE, outside)
    assert rate_on_receipt() == (0, 0)


@pytest.mark.planted_fault("the rate that was shown with the order stays")
def test_a_rate_that_is_frozen_with_the_order_fails_the_check(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "zone.passes.receipts.service._rate_of", lambda _session, line, *_rest: line.vat_bp
    )
    with pytest.raises(AssertionError):
        test_the_rate_is_that_of_the_supply_or_of_the_payment_if_earlier(
            student, date(2026, 1, 15), NEW_YEAR, (1350, 535)
        )


LINES = st.lists(
    st.tuples(st.integers(0, 20_000), st.sampled_from([0, 1000, 1350, 1400, 2550])),
    min_size=1,
    max_size=8,
)


def check_rounding(lines: list[tuple[int, int]]) -> None:
    """Check that the VAT of the lines of each rate adds up to the VAT of their sum."""
    taxes = rules.split_vat(lines)
    gross, tax = Counter[int](), Counter[int]()
    for (cents, rate), part in zip(lines, taxes, strict=True):
        gross[rate] += cents
        tax[rate] += part
        assert abs(part - rules.vat_cents(cents, rate)) <= 1
    assert all(tax[rate] == rules.vat_cents(gross[rate], rate) for rate in gross)


@given(LINES)
def test_vat_is_rounded_once_for_each_rate(lines: list[tuple[int, int]]) -> None:
    check_rounding(lines)


@pytest.mark.planted_fault("each line is rounded")
def test_lines_that_are_rounded_each_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        rules, "split_vat", lambda lines: [rules.vat_cents(*line) for line in lines]
    )
    with pytest.raises(AssertionError):
        check_rounding([(5, 1350), (5, 1350), (5, 1350)])


@given(LINES, st.data())
def test_credit_notes_end_as_the_sale(lines: list[tuple[int, int]], data: st.DataObject) -> None:
    sold, left = rules.split_vat(lines), [cents for cents, _ in lines]
    credited, tax = Counter[int](), Counter[int]()
    for last in (False, False, True):
        parts = [c if last else data.draw(st.integers(0, c)) for c in left]
        note = [(-part, rate) for part, (_, rate) in zip(parts, lines, strict=True)]
        taxes = rules.split_vat(note, credited)
        for (cents, rate), part in zip(note, taxes, strict=True):
            assert part <= 0
            credited[rate] += cents
            tax[rate] += part
        left = [c - part for c, part in zip(left, parts, strict=True)]
    for rate in {rate for _, rate in lines}:
        assert tax[rate] == -sum(
            part for part, (_, of) in zip(sold, lines, strict=True) if of == rate
        )
