"""Double entry of receipts and of the cash of tills, and the CSV of it. Pure.

Theory of operation. A document is a receipt, a credit note, a payment that was given back, or cash
that moved without a sale. It becomes postings whose debit is their credit: the way to pay against
the sale without VAT and the VAT. All amounts are those of the document; nothing is rounded here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Final

SALES: Final = "sales"
VAT: Final = "vat"
METHOD: Final = "method"
OTHER: Final = "other"
SLOTS: Final = (SALES, VAT, METHOD, OTHER)
"""What a row of the chart is about: a product kind, a VAT rate, a way to pay, one of the others."""

RETURNED: Final = "returned"
CASH_MOVED: Final = "cash_moved"
DIFFERENCE: Final = "difference"
BANK: Final = "bank"
FEES: Final = "fees"
OTHERS: Final = (RETURNED, CASH_MOVED, DIFFERENCE, BANK, FEES)
"""Payments that sold nothing; cash put into or taken out of a till; what a till lacked; where
providers pay to; what they keep of it.
"""
PAYOUT: Final = "payout"
"""A document of what a provider has paid out, and of its fees."""

DEFAULTS: Final = {
    (SALES, ""): "3000",
    (VAT, ""): "2939",
    (METHOD, ""): "1700",
    (METHOD, "cash"): "1900",
    (OTHER, ""): "2990",
    (OTHER, CASH_MOVED): "1910",
    (OTHER, DIFFERENCE): "8990",
    (OTHER, BANK): "1910",
    (OTHER, FEES): "8560",
}
"""Accounts of a Finnish model chart, where the service has set none."""

BOM: Final = "\ufeff"
"""Without it Excel reads UTF-8 as Latin-1."""
JOURNAL: Final = (
    "day",
    "receipt",
    "account",
    "vat_code",
    "vat_percent",
    "debit",
    "credit",
    "text",
)
BY_DAY: Final = ("day", "account", "vat_code", "vat_percent", "debit", "credit")
_QUOTED: Final = re.compile(r'[;"\r\n]')
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_REPEATED: Final = 1024
"""Cells of a year repeat: few prices, names and accounts, and a number on each of its postings."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of the chart of accounts."""

    slot: str
    subject: str
    valid_from: date
    account: str
    vat_code: str


class Chart:
    """The chart of accounts; the rows are in the order in which they were recorded."""

    def __init__(self, rows: Iterable[ChartRow]) -> None:
        self._rows: dict[tuple[str, str], list[ChartRow]] = defaultdict(list)
        for row in sorted(rows, key=lambda one: one.valid_from):  # stable: the newer one is last
            self._rows[row.slot, row.subject].append(row)
        self._found: dict[tuple[str, str, date], tuple[str, str]] = {}

    def find(self, slot: str, subject: str, day: date) -> tuple[str, str]:
        """Return account and VAT code of a day."""
        asked = (slot, subject, day)
        if asked not in self._found:
            self._found[asked] = self._of(slot, subject, day)
        return self._found[asked]

    def _of(self, slot: str, subject: str, day: date) -> tuple[str, str]:
        for name in dict.fromkeys((subject, "")):
            rows = [one for one in self._rows[slot, name] if one.valid_from <= day]
            if rows:
                return rows[-1].account, rows[-1].vat_code
            if (slot, name) in DEFAULTS:
                return DEFAULTS[slot, name], ""
        raise KeyError(slot)


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line of a receipt as the books need it; cents and VAT are negative on a credit note."""

    kind: str
    vat_bp: int
    cents: int
    vat_cents: int
    supplied_on: date
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """What is posted: `kind` is that of a receipt, PAYOUT, or one of `OTHERS` for cash of a till.

    `fee_cents` is what the provider kept of a payout, whose `cents` are its payments.
    """

    number: str
    kind: str
    day: date
    cents: int
    method: str
    campus: str
    lines: Sequence[DocumentLine]
    text: str = ""
    fee_cents: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a double entry: debit, or negative credit. A sale and its VAT have `vat_bp`."""

    day: date
    receipt: str
    account: str
    vat_code: str
    vat_bp: int | None
    cents: int
    text: str


def postings(document: Document, chart: Chart) -> list[Posting]:
    """Return the postings of a document; those of 0 cents are left out."""
    day, number = document.day, document.number
    method, _code = chart.find(METHOD, document.method, day)

    def post(account: str, cents: int, text: str, code: str = "", rate: int | None = None) -> None:
        if cents:
            done.append(Posting(day, number, account, code, rate, cents, text))

    done: list[Posting] = []
    if document.kind == PAYOUT:
        bank, fees = (chart.find(OTHER, which, day)[0] for which in (BANK, FEES))
        post(bank, document.cents - document.fee_cents, document.text)
        post(fees, document.fee_cents, document.text)
        post(method, -document.cents, document.text)
        return done
    if document.kind in OTHERS:
        other, _code = chart.find(OTHER, document.kind, day)
        post(method, document.cents, document.text)
        post(other, -document.cents, document.text)
        return done
    if document.kind == "credit":  # it came and went back: nothing was sold
        other, _code = chart.find(OTHER, RETURNED, day)
        for cents in (-document.cents, document.cents):
            post(method, cents, document.method)
            post(other, -cents, document.method)
        return done
    post(method, document.cents, document.method)
    for line in document.lines:
        # The code of the rate: that of the day of supply, also of a refund in a later year.
        account, code = chart.find(VAT, str(line.vat_bp), line.supplied_on)
        sales, _code = chart.find(SALES, line.kind, day)
        post(sales, line.vat_cents - line.cents, line.name, code, line.vat_bp)
        post(account, -line.vat_cents, line.name, code, line.vat_bp)
    return done


def unbalanced(posted: Iterable[Posting]) -> bool:
    """Return whether debit and credit differ."""
    return sum(one.cents for one in posted) != 0


def journal_lines(documents: Iterable[Document], chart: Chart) -> Iterator[str]:
    """Yield the CSV of every posting, line by line."""
    yield BOM + _line(JOURNAL)
    for document in documents:
        for one in postings(document, chart):
            yield _line(
                (
                    one.day.isoformat(),
                    one.receipt,
                    one.account,
                    one.vat_code,
                    percent(one.vat_bp),
                    *_sides(max(one.cents, 0), max(-one.cents, 0)),
                    one.text,
                )
            )


def day_lines(documents: Iterable[Document], chart: Chart) -> Iterator[str]:
    """Yield the CSV by day, account and VAT code; the documents are in the order of their days."""
    yield BOM + _line(BY_DAY)
    for day, those in groupby(documents, key=lambda one: one.day):
        debit: dict[tuple[str, str, int], int] = defaultdict(int)
        credit: dict[tuple[str, str, int], int] = defaultdict(int)
        for document in those:
            for one in postings(document, chart):
                rate = -1 if one.vat_bp is None else one.vat_bp
                side = debit if one.cents > 0 else credit
                side[one.account, one.vat_code, rate] += abs(one.cents)
        for key in sorted(debit.keys() | credit.keys()):
            account, code, rate = key
            sides = _sides(debit.get(key, 0), credit.get(key, 0))
            shown = percent(None if rate < 0 else rate)
            yield _line((day.isoformat(), account, code, shown, *sides))


def _sides(debit: int, credit: int) -> tuple[str, str]:
    return euros(debit), euros(credit)


@lru_cache(_REPEATED)
def euros(cents: int) -> str:
    """Return an amount as a Finnish spreadsheet reads it: 1234,50."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{part:02d}"


@lru_cache(_REPEATED)
def percent(vat_bp: int | None) -> str:
    """Return a rate as a Finnish spreadsheet reads it: 25,5."""
    if vat_bp is None:
        return ""
    return euros(vat_bp).removesuffix("0").removesuffix(",0")


def _line(cells: Sequence[str]) -> str:
    return ";".join(map(_cell, cells)) + "\r\n"


@lru_cache(_REPEATED)
def _cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula, quoted where it must be."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    if _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
