"""The mails about feedback on accessibility."""

from datetime import UTC, date, datetime
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="feedback/accessibility_received",
        sent=translatable("Somebody has sent feedback on accessibility; it goes to the service"),
        night=CAN_WAIT,
        values={"day": Placeholder(translatable("The last day for an answer"), date(2026, 12, 15))},
        needs=("button",),
    ),
    MailKind(
        template="feedback/accessibility_answer",
        sent=translatable("Feedback on accessibility is answered"),
        night=CAN_WAIT,
        values={
            "day": Placeholder(
                translatable("When the feedback was sent"), datetime(2026, 12, 1, 15, tzinfo=UTC)
            ),
            "answer": Placeholder(
                translatable("The answer, as it was written"),
                translatable("Thank you.") + "\n\n" + translatable("It is mended."),
                lines=True,
            ),
        },
        # The law wants the link: the reader can turn to who supervises.
        needs=("answer", "link"),
    ),
)
