"""The mail with a sign-in code."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import ASKED_FOR, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="members/sign_in_code",
        sent=translatable("Somebody signs in"),
        night=ASKED_FOR,
        values={"minutes": Placeholder(translatable("How many minutes the code works"), 10)},
        needs=("code",),
        inner={"code": "204816"},
    ),
)
