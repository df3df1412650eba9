"""The mail that the desk causes."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import ACCOUNT, MailKind, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="desk/phone_replaced",
        sent=translatable("The desk took a pass off a lost phone"),
        night=ACCOUNT,
        needs=("button",),
        inner={"name": "Aino Virtanen"},
    ),
)
