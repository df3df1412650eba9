"""Sums, due dates and states of invoices."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.passes.invoices.rules import (
    InvoicePrice,
    due_date,
    rates_of,
    state_of,
    tax_of_lines,
    text_of_quantity,
)
from zone.passes.payers.rules import is_business_id

LINES = st.lists(
    st.builds(
        InvoicePrice,
        st.integers(1, 1_000_000),
        st.integers(0, 10_000_000),
        st.sampled_from((0, 1000, 1350, 2550)),
    ),
    min_size=1,
    max_size=8,
)


@given(LINES)
def test_the_lines_add_up_to_the_rates_and_a_credit_note_takes_all_back(
    lines: list[InvoicePrice],
) -> None:
    rates, taxes = rates_of(lines), tax_of_lines(lines)
    for rate in rates:
        of_rate = [n for n, line in enumerate(lines) if line.vat_bp == rate.vat_bp]
        assert sum(lines[n].net_cents for n in of_rate) == rate.net
        assert sum(taxes[n] for n in of_rate) == rate.tax
        # Rounded once: within half a cent of the exact VAT.
        assert abs(rate.tax * 10_000 - rate.net * rate.vat_bp) <= 5_000
    back = [InvoicePrice(-line.quantity, line.unit_cents, line.vat_bp) for line in lines]
    assert [-tax for tax in tax_of_lines(back)] == taxes


def test_the_vat_of_a_rate_is_rounded_once() -> None:
    lines = [InvoicePrice(100, 4, 1350)] * 3  # 0.54 cents each, 1.62 together
    assert sum(tax_of_lines(lines)) == 2
    assert rates_of(lines)[0].gross == 14


@pytest.mark.parametrize(
    ("paid", "credited", "day", "state"),
    [
        (0, False, 14, "open"),
        (0, False, 15, "overdue"),
        (40, False, 14, "partly_paid"),
        (40, False, 15, "overdue"),
        (100, False, 30, "paid"),
        (101, False, 14, "overpaid"),
        (0, True, 30, "credited"),
        (1, True, 30, "overpaid"),
    ],
)
def test_the_state_follows_from_payments_and_the_day(
    paid: int, credited: bool, day: int, state: str
) -> None:
    found = state_of(
        cents=100,
        paid_cents=paid,
        is_credited=credited,
        due_on=date(2026, 12, 14),
        today=date(2026, 12, day),
    )
    assert found == state


def test_due_dates_count_calendar_days() -> None:
    assert due_date(date(2026, 12, 24), 14) == date(2027, 1, 7)
    assert due_date(date(2026, 12, 24), 0) == date(2026, 12, 24)


def test_quantities_are_written_with_a_comma() -> None:
    assert [text_of_quantity(one) for one in (100, 250, 205, -250, 5)] == [
        "1",
        "2,5",
        "2,05",
        "-2,5",
        "0,05",
    ]


def test_a_business_id_has_a_check_digit() -> None:
    assert is_business_id("0112038-9")
    wrong = ("0112038-8", "01120389", "112038-9", "0112038-٩", "")
    assert not any(map(is_business_id, wrong))
