"""The mails with invoices and credit notes."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_VALUES: Final = {
    "number": Placeholder(translatable("The number of the invoice"), "L-2026-17"),
    "total": Placeholder(translatable("The sum"), "1 255,00 €"),
    "seller": Placeholder(translatable("Who sends the invoice"), "Campus sports ry"),
}

MAILS: Final = declare_mails(
    MailKind(
        template="passes/invoice",
        sent=translatable("A manager mails an invoice to its payer"),
        night=CAN_WAIT,
        values={
            **_VALUES,
            "due": Placeholder(translatable("The due date"), "14.12.2026"),
            "iban": Placeholder(translatable("The account"), "FI21 1234 5600 0007 85"),
            "reference": Placeholder(translatable("The reference number"), "20260 00017 12344"),
            "bar_code": Placeholder(
                translatable("The digits of the bank bar code"),
                "421123456000007850012550000000000202600001712344261214",
            ),
        },
        needs=("facts",),
    ),
    MailKind(
        template="passes/invoice_credit",
        sent=translatable("A manager mails a credit note to its payer"),
        night=CAN_WAIT,
        values={
            **_VALUES,
            "credits": Placeholder(translatable("The number of the credited invoice"), "L-2026-3"),
        },
        needs=("facts",),
    ),
)
