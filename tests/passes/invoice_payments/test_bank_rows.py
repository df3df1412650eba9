"""Rows of the bank are read as banks write them, or named and refused."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.core.errors import DomainError
from zone.passes.invoice_payments.bank_rows import BankRow, read_rows

FINNISH = (
    "Kirjauspäivä;Maksaja;Määrä;Viite;Arkistointitunnus\n"
    "14.12.2026;Yliopisto;1 250,00;00000000000002348236;ABC1\n"
    "15.12.2026;Yliopisto;−5,5;RF33 2348 236;\n"
    ";;;;\n"
)
READ = [
    BankRow("2348236", 125_000, date(2026, 12, 14), "ABC1"),
    BankRow("2348236", -550, date(2026, 12, 15), "2026-12-15 2348236 -550 1"),
]


def test_a_file_of_a_bank_is_read() -> None:
    assert read_rows(FINNISH.encode()) == READ
    latin = FINNISH.replace("−", "-").encode("iso-8859-15")
    assert read_rows(latin) == READ
    english = b"Date,Amount,Reference\r\n2026-12-14,1250.00,2348236\r\n2026-12-14,1250.00,2348236"
    first, second = read_rows(english)
    assert (first.cents, first.paid_on) == (125_000, date(2026, 12, 14))
    assert first.key != second.key, "two equal rows of a day are two payments"


def test_a_reference_that_is_none_stays_as_it_stands() -> None:
    (row,) = read_rows("Viite;Määrä;Päivä\nlasku 17;1;1.2.2026".encode())
    assert row.reference == "lasku 17"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("Viite;Summa\n1232;1", 1),
        ("Viite;Summa;Päivä\n1232;x;1.2.2026", 2),
        ("Viite;Summa;Päivä\n1232;0;1.2.2026", 2),
        ("Viite;Summa;Päivä\n1232;1;1.2.2026\n1232;1;31.2.2026", 3),
        ("Viite;Summa;Päivä\n1232;1", 2),
    ],
)
def test_a_row_that_cannot_be_read_is_named(text: str, row: int) -> None:
    with pytest.raises(DomainError) as refused:
        read_rows(text.encode())
    assert refused.value.code == "bank_rows_unreadable"
    assert refused.value.params == {"row": row}


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(DomainError):
        read_rows(b"Viite;Summa;P\xc3\xa4iv\xc3\xa4\n" + content)
