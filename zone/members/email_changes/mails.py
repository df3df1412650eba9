"""The mails about a change of the e-mail address."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import ACCOUNT, ASKED_FOR, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="members/email_change_code",
        sent=translatable("Somebody changes their e-mail address; it goes to the new one"),
        night=ASKED_FOR,
        values={"minutes": Placeholder(translatable("How many minutes the code works"), 10)},
        needs=("code",),
        inner={"code": "204816"},
    ),
    MailKind(
        template="members/email_changed",
        sent=translatable("An e-mail address was changed; it goes to the old one"),
        night=ACCOUNT,
        inner={"name": "Aino Virtanen"},
    ),
)
