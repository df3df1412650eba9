"""Recompute the totals of an export, on its own: the standard library only, nothing of Zone.

`python recompute.py journal.csv` prints what an accountant adds up from the file alone: debit and
credit of each day, gross, VAT by rate, and what each receipt says.
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterable

HEAD = ["day", "receipt", "account", "vat_code", "vat_percent", "debit", "credit", "text"]


def cents(text: str) -> int:
    """1234,50 → 123450, exactly."""
    euros, comma, part = text.partition(",")
    assert (comma, len(part), (euros + part).isdigit()) == (",", 2, True), f"no amount: {text!r}"
    return int(euros + part)


def recompute(lines: Iterable[str]) -> dict[str, object]:
    """Add up a journal; VAT is also computed anew from gross and rate, for each receipt."""
    rows = csv.reader(lines, delimiter=";")
    head = next(rows)
    assert head[0].startswith("\ufeff"), "no byte order mark: Excel reads it wrongly"
    assert [head[0][1:], *head[1:]] == HEAD, head
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    gross: dict[str, int] = defaultdict(int)
    vat: dict[str, int] = defaultdict(int)
    accounts: dict[str, int] = defaultdict(int)
    receipts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    numbers, formulas = set(), 0
    for day, receipt, account, _code, percent, debit, credit, text in rows:
        amount = cents(debit) - cents(credit)
        assert (cents(debit) == 0) != (cents(credit) == 0), "one side, not both"
        days[day][0] += cents(debit)
        days[day][1] += cents(credit)
        accounts[account] += amount
        numbers.add(receipt)
        formulas += text[:1] in ("=", "+", "-", "@", "\t", "\r") and len(text) > 0
        if percent:
            gross[percent] -= amount
            is_vat = account == "2939"
            vat[percent] -= amount if is_vat else 0
            receipts[receipt][percent][0] -= amount
            receipts[receipt][percent][1] -= amount if is_vat else 0
    wrong = [
        number
        for number, rates in receipts.items()
        if not number.startswith("C-")  # parts of a sale: its VAT is rounded with the sale's
        for percent, (whole, tax) in rates.items()
        if tax != vat_of(whole, percent)
    ]
    return {
        "unbalanced": [day for day, (debit, credit) in days.items() if debit != credit],
        "gross": dict(gross),
        "vat": dict(vat),
        "accounts": dict(accounts),
        "receipts": len(numbers),
        "wrong_vat": wrong,
        "formulas": formulas,
    }


def vat_of(whole: int, percent: str) -> int:
    """The VAT in a gross sum, rounded half up in whole numbers."""
    euros, _comma, part = percent.partition(",")
    rate = int(euros) * 100 + int((part + "00")[:2])
    base = 10_000 + rate
    return (2 * whole * rate + base) // (2 * base)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", newline="") as file:  # noqa: PTH123 -- stands alone
        json.dump(recompute(file), sys.stdout, indent=1)
