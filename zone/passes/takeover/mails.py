"""The mail to who gets a pass that another system has sold."""

from datetime import date
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="passes/pass_taken_over",
        sent=translatable("A pass is taken over from another system, and its holder is to be told"),
        night=CAN_WAIT,
        values={
            "product": Placeholder(
                translatable("The name of the pass"), translatable("Pass for the term")
            ),
            "first_day": Placeholder(translatable("Its first day"), date(2026, 8, 31)),
            "last_day": Placeholder(translatable("Its last day"), date(2026, 12, 15)),
        },
        needs=("button", "last_day"),
    ),
)
