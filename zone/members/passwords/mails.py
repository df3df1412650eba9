"""The mail about a password."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import ACCOUNT, MailKind, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="members/password_changed",
        sent=translatable("The password of a staff account was changed"),
        night=ACCOUNT,
        inner={"name": "Aino Virtanen"},
    ),
)
