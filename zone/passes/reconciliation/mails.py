"""Mails to who has paid too much or for no order that is known here, and about declined fixes."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_TOTAL: Final = Placeholder(translatable("The sum"), "45,00 €")

MAILS: Final = declare_mails(
    MailKind(
        template="passes/surplus",
        sent=translatable("Somebody has paid more than an order costs, and gets the rest back"),
        night=CAN_WAIT,
        values={"total": _TOTAL},
        needs=("button", "total"),
        inner={"order": "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"},
    ),
    MailKind(
        template="passes/unknown_payment",
        sent=translatable("Staff give back a payment of which no order is known"),
        night=CAN_WAIT,
        values={"total": _TOTAL},
        needs=("total",),
    ),
    MailKind(
        template="passes/fix_declined",
        sent=translatable("Somebody declines what a colleague has asked for to mend a difference"),
        night=CAN_WAIT,
        values={
            "total": _TOTAL,
            "note": Placeholder(
                translatable("Why it is not made"), translatable("Ask the bank first")
            ),
        },
        needs=("button", "total", "note"),
    ),
)
