"""The mail about a refund that the payment service refused."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="passes/refund_refused",
        sent=translatable("The payment service could not give money back"),
        night=CAN_WAIT,
        values={"total": Placeholder(translatable("The sum"), "45,00 €")},
        needs=("button", "total"),
        inner={"order": "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"},
    ),
)
