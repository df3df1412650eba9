"""Refusals of credit notes of invoices."""

from typing import Final

from zone.core.errors import declare

INVOICE_CREDIT_TOO_HIGH: Final = declare(
    "invoice_credit_too_high",
    409,
    "Of a line you can credit at most what is left of it. Open the invoice again: somebody may "
    "have just credited a part.",
    constraints=("ck_credited_invoice_line_credited",),
    fields=("quantity",),
)
NOTHING_TO_CREDIT: Final = declare(
    "nothing_to_credit",
    422,
    "Say of at least one line how much is credited, so that the credit note has a sum.",
    fields=("quantity",),
)
