"""The tables of receipts that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.receipts.queries import own_receipt_lines, own_receipts
from zone.passes.retention.rules import BOOKS

PERSONAL_DATA: Final = (
    PersonalData(
        "receipt",
        (),
        "receipts",
        own_receipts,
        retention=BOOKS,
    ),
    PersonalData(
        "receipt_line",
        (),
        "receipt_lines",
        own_receipt_lines,
        retention=BOOKS,
    ),
)
