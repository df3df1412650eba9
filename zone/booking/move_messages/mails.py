"""The mails about moved sessions."""

from typing import Final

from zone.booking.messages.mails import AT, OTHER_TIMES, REASON, WHAT
from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_BEFORE: Final = AT.replace(day=2)

MAILS: Final = declare_mails(
    MailKind(
        template="booking/session_changed",
        sent=translatable("A booked class has moved a little, or to another space"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "button"),
        inner={**OTHER_TIMES, "give_up_path": "/bookings/x/give-up/y"},
    ),
    MailKind(
        template="booking/first_right",
        sent=translatable(
            "A booked class has moved far, and a place is kept for those who had booked"
        ),
        night=CAN_WAIT,
        values={
            **WHAT,
            **REASON,
            "until": Placeholder(
                translatable("Until when the place is kept"), AT.replace(hour=14, minute=10)
            ),
        },
        blocks={
            "what_ended": translatable(
                "That the booking has ended, and when the class was to be held"
            )
        },
        needs=("event", "button", "what_ended"),
        inner={**OTHER_TIMES, "offer_path": "/queue/x/offer/y", "old_when": _BEFORE},
    ),
    MailKind(
        template="booking/queue_moved",
        sent=translatable("A class that people wait for has moved"),
        night=CAN_WAIT,
        values={
            **WHAT,
            **REASON,
            "old_when": Placeholder(translatable("When it was to be held"), _BEFORE),
        },
        needs=("event",),
        inner=OTHER_TIMES,
    ),
)
