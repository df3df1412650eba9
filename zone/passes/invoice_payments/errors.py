"""Refusals about payments of invoices."""

from typing import Final

from zone.core.errors import declare

BANK_ROWS_UNREADABLE: Final = declare(
    "bank_rows_unreadable",
    422,
    "Row {row} of the file cannot be read, so nothing was stored. A row has a reference, an amount "
    "such as 1250,00 and a date such as 14.12.2026. Mend the row, and upload the file again.",
    fields=("file",),
)
