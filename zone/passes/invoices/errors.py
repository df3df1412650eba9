"""Refusals about invoices."""

from typing import Final

from zone.core.errors import declare

ACCOUNT_MISSING: Final = declare(
    "account_missing",
    409,
    "The account for invoices is not set yet. Set it on the page of invoices, and try again.",
)
INVOICE_EMPTY: Final = declare(
    "invoice_empty",
    409,
    "An invoice needs at least one line and a sum above zero. Add what is to be paid first.",
)
INVOICE_FULL: Final = declare(
    "invoice_full",
    409,
    "An invoice has at most 100 lines. Make a second invoice for the rest.",
)
SUPPLY_DAY_UNKNOWN: Final = declare(
    "supply_day_unknown",
    422,
    "No VAT rate is known for that day of supply. Choose a later day.",
    fields=("supplied_on",),
)
ALREADY_CREDITED: Final = declare(
    "already_credited",
    409,
    "This invoice is credited already, or is a credit note itself. Open its page to see it.",
)
NO_ADDRESS: Final = declare(
    "no_address",
    409,
    "The payer has no e-mail address for invoices. Add one to the payer, issue the invoice on "
    "paper, or send the Finvoice file.",
)
ALREADY_MAILED: Final = declare(
    "already_mailed",
    409,
    "This invoice has been mailed already. It is mailed once; the page of sent mails can send it "
    "again.",
    constraints=("uq_invoice_mail_invoice_id",),
)
