"""Rows of a provider's settlement, as Paytrail and Stripe export them to CSV. Pure.

Theory of operation. The first line names the columns, and so tells whose file it is. A row without
an id of its own is told from others by its payout, reference, amount and its number among equal
ones, so that the same file may be uploaded again. Stripe writes amounts in euros, such as 45.00;
Paytrail in cents, as everywhere in its API, so an amount there is in euros only with a decimal.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Final

from zone.core.errors import DomainError, ErrorCode
from zone.passes.settlements.errors import (
    ROW_AMOUNT,
    ROW_CURRENCY,
    ROW_DAY,
    ROW_PAYOUT,
    SETTLEMENT_COLUMNS,
    SETTLEMENT_FILE,
)

MOST_BYTES: Final = 700_000
"""A request holds a million bytes at most, and base64 adds a third."""
MOST_ROWS: Final = 5_000
LONGEST: Final = 200
_AMOUNT: Final = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns of a provider's file, in lower case; those in `fees` are added up."""

    payout: str
    day: str
    amount: str
    fees: tuple[str, ...]
    reference: str
    row_id: str
    currency: str
    in_cents: bool


FILES: Final[Mapping[str, FileColumns]] = {
    "paytrail": FileColumns(
        "settlementid",
        "settlementdate",
        "amount",
        ("paymentmethodcommission", "paymentmethodcommissionvatamount"),
        "reference",
        "archivenumber",
        "currency",
        in_cents=True,
    ),
    "stripe": FileColumns(
        "automatic_payout_id",
        "automatic_payout_effective_at",
        "gross",
        ("fee",),
        "payment_metadata[reference]",
        "balance_transaction_id",
        "currency",
        in_cents=False,
    ),
}


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A row of a settlement in cents: what was paid or, below zero, given back, and the fee."""

    line: int
    provider: str
    payout: str
    paid_on: date
    reference: str
    gross_cents: int
    fee_cents: int
    key: str


@dataclass(frozen=True, slots=True)
class SettlementFault:
    """What is wrong with a line of a file."""

    line: int
    error: ErrorCode
    params: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return why, as people read it."""
        return self.error.text(language, dict(self.params))


def read_settlement(content: bytes) -> tuple[list[SettledRow], list[SettlementFault]]:
    """Return the rows of a file that can be used, and what is wrong with the others.

    Raises:
        DomainError: settlement_file, settlement_columns.
    """
    lines = _lines(content)
    head = [" ".join(name.casefold().split()) for name in lines[0]] if lines else []
    provider = next((name for name, columns in FILES.items() if _has(head, columns)), None)
    if provider is None:
        raise DomainError(SETTLEMENT_COLUMNS)
    rows, faults, seen = list[SettledRow](), list[SettlementFault](), Counter[str]()
    for line, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        found = _row(line, provider, dict(zip(head, map(_cell, cells), strict=False)), seen)
        (faults if isinstance(found, SettlementFault) else rows).append(found)  # type: ignore[arg-type]
    return rows, faults


def _lines(content: bytes) -> Sequence[list[str]]:
    refusal = DomainError(SETTLEMENT_FILE, params={"bytes": MOST_BYTES, "rows": MOST_ROWS})
    if not content or len(content) > MOST_BYTES:
        raise refusal
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        divider = max(",;\t", key=first.count)
        lines = list(csv.reader(StringIO(text, newline=""), delimiter=divider))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refusal from error
    if len(lines) > MOST_ROWS + 1:
        raise refusal
    return lines


def _has(head: Sequence[str], columns: FileColumns) -> bool:
    return {columns.payout, columns.day, columns.amount, columns.reference} <= set(head)


def _cell(text: str) -> str:
    return "".join(one for one in text.strip() if one.isprintable())[:LONGEST]


def _row(
    line: int, provider: str, cells: Mapping[str, str], seen: Counter[str]
) -> SettledRow | SettlementFault:
    columns = FILES[provider]
    payout, currency = cells.get(columns.payout, ""), cells.get(columns.currency, "")
    if not payout:
        return SettlementFault(line, ROW_PAYOUT)
    if currency and currency.upper() != "EUR":
        return SettlementFault(line, ROW_CURRENCY, {"typed": currency})
    day = _day(cells.get(columns.day, ""))
    if day is None:
        return SettlementFault(line, ROW_DAY, {"typed": cells.get(columns.day, "")})
    typed = [cells.get(name, "") for name in (columns.amount, *columns.fees)]
    amounts = [_cents(text, in_cents=columns.in_cents) for text in typed]
    gross, fees = amounts[0], amounts[1:]
    if gross is None or None in fees or not typed[0]:
        return SettlementFault(line, ROW_AMOUNT, {"typed": " ".join(typed).strip()})
    reference = cells.get(columns.reference, "")
    key = cells.get(columns.row_id, "")
    if not key:
        same = f"{payout} {reference} {gross}"
        seen[same] += 1
        key = f"{same} {seen[same]}"
    fee = sum(one or 0 for one in fees)
    return SettledRow(line, provider, payout, day, reference, gross, fee, key)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _cents(text: str, *, in_cents: bool) -> int | None:
    """Return an amount in cents; 0 of an empty cell, None of one that is no amount."""
    if not text:
        return 0
    if not _AMOUNT.fullmatch(text):
        return None
    if in_cents and text.lstrip("-").isdigit():
        return int(text)
    return int(Decimal(text.replace(",", ".")) * 100)
