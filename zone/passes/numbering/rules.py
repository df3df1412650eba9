"""How receipts are numbered: the parts of a number, and the code of a series. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

WEB: Final = "web"
DESK: Final = "desk"
CREDIT: Final = "credit"
"""The purposes of the series that every service has: sales on the web and at the desk, and what
gives money back."""

TILL: Final = "till:"
"""What the purpose of a till's own series begins with; the till's code follows."""

OWN_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{0,7}", re.ASCII)
"""The code of a till's own series; one after a restore has letters more."""

INVOICE: Final = "invoice"
"""The purpose of the series of invoices to institutions and of their credit notes."""

FIRST_CODES: Final = {WEB: "", DESK: "T", CREDIT: "C", INVOICE: "L"}


def of_till(code: str) -> str:
    """Return the purpose of a till's own series."""
    return f"{TILL}{code}"


# 9 digits: a longer number would overflow the column, which is an error of the database. A code
# begins with a letter, so a year is never taken for one.
_NUMBER: Final = re.compile(r"(?:([A-Z][A-Z0-9]{0,19})-)?(\d{4})-(\d{1,9})", re.ASCII)
# No vowels, so that no word is spelled; no digits, which could be read as the year.
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_SINCE: Final = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """The number of a receipt: `C-2026-17` is number 17 of series C in 2026."""

    series: str
    year: int
    number: int

    def __str__(self) -> str:
        """Return the number as it is printed."""
        return printed(self.series, self.year, self.number)


def printed(series: str, year: int, number: int) -> str:
    """Return a number as it is printed: 2026-17, or in a series with a code C-2026-17."""
    return f"{series}-{year}-{number}" if series else f"{year}-{number}"


def parse(text: str) -> ReceiptNumber | None:
    """Return the number that a text is, typed in any case; None: it is none."""
    parts = _NUMBER.fullmatch(text.strip().upper())
    return parts and ReceiptNumber(parts[1] or "", int(parts[2]), int(parts[3]))


def code_after_restore(first_code: str, now: datetime) -> str:
    """Return the code of a series that begins after a restore: the first one and the second of it.

    Not a counter: of two restores of one backup both would count from the same number, and what
    was given out between them would be given out again.
    """
    seconds = max(0, int((now - _SINCE).total_seconds()))
    letters = ""
    while seconds or not letters:
        seconds, place = divmod(seconds, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return f"{first_code or 'R'}{letters}"
