"""The mail about a pass that was given."""

from datetime import date
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="passes/pass_given",
        sent=translatable("Staff give a pass without payment"),
        night=CAN_WAIT,
        values={
            "product": Placeholder(
                translatable("The name of the pass"), translatable("Pass for the term")
            ),
            "first_day": Placeholder(translatable("Its first day"), date(2026, 10, 5)),
            "ends_on": Placeholder(translatable("Its last day"), date(2027, 1, 12)),
            "reason": Placeholder(
                translatable("Why it is given"), translatable("You tried the new doors for us")
            ),
        },
        needs=("button", "first_day", "ends_on", "reason"),
        inner={"pass_id": "0b5f7c1e"},
    ),
)
