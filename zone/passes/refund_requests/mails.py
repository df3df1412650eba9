"""The mails to people who have asked for a refund that is not made."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_TOTAL: Final = Placeholder(translatable("The sum"), "145,00 €")
_ORDER: Final = "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"

MAILS: Final = declare_mails(
    MailKind(
        template="passes/refund_declined",
        sent=translatable("Somebody declines a refund that a colleague has asked for"),
        night=CAN_WAIT,
        values={
            "total": _TOTAL,
            "note": Placeholder(
                translatable("Why it is not made"), translatable("The pass was used every day")
            ),
        },
        needs=("button", "total", "note"),
        inner={"order": _ORDER},
    ),
    MailKind(
        template="passes/refund_expired",
        sent=translatable("Nobody has confirmed in time a refund that a colleague has asked for"),
        night=CAN_WAIT,
        values={"total": _TOTAL},
        needs=("button", "total"),
        inner={"order": _ORDER},
    ),
)
