"""Reference numbers, IBANs and bar codes, by the examples of Finance Finland."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.passes.invoices import bank_references as bank

# From "Pankkiviivakoodi-opas" of Finance Finland, version 4 of the symbol.
BAR_CODES = [
    (
        ("FI7944052020036082", 488_315, "868516259619897", date(2010, 6, 12)),
        "479440520200360820048831500000000868516259619897100612",
    ),
    (
        ("FI5810171000000122", 48_299, "559582243294671", date(2012, 1, 31)),
        "458101710000001220004829900000000559582243294671120131",
    ),
    (
        ("FI0250004640001302", 69_380, "69875672083435364", date(2011, 7, 24)),
        "402500046400013020006938000000069875672083435364110724",
    ),
]


@pytest.mark.parametrize(("values", "code"), BAR_CODES)
def test_the_bar_code_is_that_of_the_guide(values: tuple[str, int, str, date], code: str) -> None:
    assert bank.bank_bar_code(*values) == code
    assert bank.is_iban(values[0])
    assert bank.is_reference_number(values[2])


def test_a_sum_without_room_and_an_account_elsewhere() -> None:
    code = bank.bank_bar_code("FI7944052020036082", 100_000_000, "1232", date(2010, 6, 12))
    assert code == "479440520200360820000000000000000000000000001232100612"
    assert bank.bank_bar_code("DE89370400440532013000", 100, "1232", date(2010, 6, 12)) == ""


@pytest.mark.parametrize(
    ("reference", "international"),
    [("2348236", "RF332348236"), ("123912", "RF07123912"), ("539007547034", "RF18539007547034")],
)
def test_a_reference_number_and_its_international_form(reference: str, international: str) -> None:
    assert bank.creditor_reference(reference) == international
    if bank.is_reference_number(reference):  # the others are no Finnish numbers
        assert bank.national_reference(international) == reference


def test_a_reference_number_is_read_as_banks_and_people_write_it() -> None:
    written = ("2348236", "00000000000002348236", "23 48236", "rf33 2348 236", "RF33 2348236")
    assert {bank.national_reference(text) for text in written} == {"2348236"}
    wrong = ("2348237", "RF342348236", "234x236", "", "0")
    assert {bank.national_reference(text) for text in wrong} == {""}
    assert bank.reference_number("234823") == "2348236"
    assert bank.reference_number("123") == "1232"


def test_an_iban_is_checked_by_length_and_digits() -> None:
    assert all(map(bank.is_iban, ("FI2112345600000785", "DE89370400440532013000")))
    wrong = ("FI2212345600000785", "FI211234560000078", "fi2112345600000785", "", "FI21")
    assert not any(map(bank.is_iban, wrong))


@given(st.integers(100, 10**19 - 1), st.integers(0, 18), st.integers(1, 9))
def test_no_single_wrong_digit_passes(base: int, place: int, more: int) -> None:
    right = bank.reference_number(str(base))
    place %= len(right)
    wrong = right[:place] + str((int(right[place]) + more) % 10) + right[place + 1 :]
    assert bank.is_reference_number(right)
    assert not bank.is_reference_number(wrong)


def test_what_is_printed_is_grouped() -> None:
    assert bank.grouped_reference("69875672083435364") == "69 87567 20834 35364"
    assert bank.grouped_iban("FI2112345600000785") == "FI21 1234 5600 0007 85"
