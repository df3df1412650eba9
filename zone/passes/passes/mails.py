"""The mail about a pass that ends."""

from datetime import date
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="passes/pass_ends",
        sent=translatable("A pass ends soon"),
        night=CAN_WAIT,
        values={
            "product": Placeholder(
                translatable("The name of the pass"), translatable("Pass for the term")
            ),
            "day": Placeholder(translatable("Its last day"), date(2026, 12, 15)),
        },
        needs=("button", "day"),
    ),
)
