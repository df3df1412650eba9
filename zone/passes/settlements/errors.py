"""Refusals of settlement files of payment providers, and of their rows."""

from typing import Final

from zone.core.errors import declare

SETTLEMENT_FILE: Final = declare(
    "settlement_file",
    422,
    "Choose a CSV file in UTF-8 of at most {bytes} bytes and {rows} rows.",
    fields=("content",),
)
SETTLEMENT_COLUMNS: Final = declare(
    "settlement_columns",
    422,
    "The first line does not name the columns of a settlement of Paytrail or of Stripe's payout "
    "reconciliation. The guide says which ones are read.",
    fields=("content",),
)
SETTLEMENT_ROWS: Final = declare(
    "settlement_rows",
    409,
    "Some rows are wrong, so nothing was stored. Correct the file, or store the good rows only.",
)
ROW_PAYOUT: Final = declare("row_payout", 422, "The row does not say to which payout it belongs.")
ROW_DAY: Final = declare("row_day", 422, "The day of the payout is none: {typed}.")
ROW_AMOUNT: Final = declare("row_amount", 422, "The amount or the fee is none: {typed}.")
ROW_CURRENCY: Final = declare("row_currency", 422, "Only euros are read, not {typed}.")
