"""Rows of incoming money, as banks export them to CSV. Pure.

The first row names the columns, in Finnish, Swedish or English; their order and others beside them
do not matter. Without an archive id a row is told from others by its day, reference, amount and
its number among equal ones, so that the same file may be uploaded again.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Final

from zone.core.errors import DomainError
from zone.passes.invoice_payments.errors import BANK_ROWS_UNREADABLE
from zone.passes.invoices.bank_references import national_reference

MOST_ROWS: Final = 5_000
_COLUMNS: Final = {
    "reference": ("reference", "viite", "viitenumero", "referens", "referensnummer"),
    "amount": ("amount", "määrä", "summa", "belopp", "määrä euroa", "amount eur"),
    "day": ("date", "päivä", "kirjauspäivä", "maksupäivä", "datum", "bokföringsdag"),
    "archive_id": ("archive id", "arkistointitunnus", "arkiveringskod"),
}
_AMOUNT: Final = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,2})?", re.ASCII)
_FINNISH_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class BankRow:
    """A sum that has come: `reference` is a Finnish reference number, or the text as it stands."""

    reference: str
    cents: int
    paid_on: date
    key: str


def read_rows(content: bytes) -> list[BankRow]:
    """Return the rows of a file in UTF-8 or ISO 8859-15, divided by semicolons, commas or tabs.

    Raises:
        DomainError: bank_rows_unreadable, with the number of the row; nothing of it is used.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("iso-8859-15")
    first = text.partition("\n")[0]
    divider = max(";\t,", key=first.count)
    lines = list(csv.reader(StringIO(text, newline=""), delimiter=divider))
    places = _places(lines[0] if lines else [])
    rows, seen = list[BankRow](), Counter[str]()
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS + 1:
            raise _unreadable(number)
        rows.append(_row(number, {name: _cell(cells, at) for name, at in places.items()}, seen))
    return rows


def _places(head: list[str]) -> dict[str, int]:
    """Return which column holds what."""
    named = [" ".join(name.casefold().split()) for name in head]
    found = {
        what: next((at for at, name in enumerate(named) if name in names), -1)
        for what, names in _COLUMNS.items()
    }
    if min(found["reference"], found["amount"], found["day"]) < 0:
        raise _unreadable(1)
    return found


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if 0 <= at < len(cells) else ""


def _row(number: int, cells: dict[str, str], seen: Counter[str]) -> BankRow:
    amount = "".join(cells["amount"].replace("−", "-").split())
    if not _AMOUNT.fullmatch(amount):
        raise _unreadable(number)
    # Decimal, because 19.90 is no binary fraction.
    cents = int(Decimal(amount.replace(",", ".")) * 100)
    if not cents:
        raise _unreadable(number)
    reference = national_reference(cells["reference"]) or cells["reference"][:140]
    day = _day(cells["day"])
    if day is None:
        raise _unreadable(number)
    same = f"{day} {reference} {cents}"
    seen[same] += 1
    key = cells["archive_id"][:100] or f"{same} {seen[same]}"
    return BankRow(reference, cents, day, key)


def _day(text: str) -> date | None:
    finnish, iso = _FINNISH_DAY.fullmatch(text), _ISO_DAY.fullmatch(text)
    parts = finnish.groups()[::-1] if finnish else iso.groups() if iso else ()
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:  # such as 31.2.
        return None


def _unreadable(number: int) -> DomainError:
    return DomainError(BANK_ROWS_UNREADABLE, params={"row": number})
