"""The mails about waiting."""

from typing import Final

from zone.booking.messages.mails import AT, OTHER_TIMES, REASON, WHAT
from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, RUNS_OUT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="booking/queue_offer",
        sent=translatable("A place is kept for somebody in the queue"),
        night=RUNS_OUT,
        values={
            **WHAT,
            "until": Placeholder(
                translatable("Until when the place is kept"), AT.replace(hour=14, minute=10)
            ),
        },
        needs=("event", "button", "until"),
        inner={**OTHER_TIMES, "offer_path": "/queue/x/offer/y"},
    ),
    MailKind(
        template="booking/queue_offer_ended",
        sent=translatable("An offer of a place was not answered"),
        night=CAN_WAIT,
        values=WHAT,
        needs=("event",),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/queue_passed_over",
        sent=translatable("A place went to the next, because the first could not get it"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/queue_removed",
        sent=translatable("Somebody was taken off the queue"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/queue_expired",
        sent=translatable("No place came free for those who waited"),
        night=CAN_WAIT,
        values=WHAT,
        needs=("event",),
        inner=OTHER_TIMES,
    ),
)
