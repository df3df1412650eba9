"""The mails about bookings and sessions, and the placeholders that all mails of booking share."""

from datetime import UTC, datetime
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import (
    ASKED_FOR,
    CAN_WAIT,
    IN_THE_EVENING,
    MailKind,
    Placeholder,
    declare_mails,
)

AT: Final = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
WHAT: Final = {
    "name": Placeholder(translatable("The class or the court"), translatable("Back yoga")),
    "when": Placeholder(translatable("Its day and time"), AT),
    "where": Placeholder(translatable("Its campus and space"), "Metropolia Myllypuro, Studio"),
}
OTHER_TIMES: Final = {"other_times": "/classes"}
REASON: Final = {
    "reason": Placeholder(
        translatable("Why, in a sentence"), translatable("The instructor is ill.")
    )
}
UNTIL: Final = datetime(2026, 12, 1, 13, 30, tzinfo=UTC)
_LIMIT: Final = Placeholder(translatable("Until when the booking can be cancelled"), UNTIL)
HOW_TO_CANCEL: Final = {
    "how_to_cancel": translatable(
        "Until when the booking can be cancelled, with the button; or that it is too late for it"
    )
}

MAILS: Final = declare_mails(
    MailKind(
        template="booking/booked",
        sent=translatable("Somebody has booked a place"),
        night=ASKED_FOR,
        values=WHAT,
        blocks=HOW_TO_CANCEL,
        needs=("event", "how_to_cancel"),
        inner={**OTHER_TIMES, "cancel_until": UNTIL},
    ),
    MailKind(
        template="booking/queue_promoted",
        sent=translatable("Somebody in the queue got a place"),
        night=CAN_WAIT,
        values=WHAT,
        blocks=HOW_TO_CANCEL,
        needs=("event", "how_to_cancel"),
        inner={**OTHER_TIMES, "cancel_until": UNTIL},
    ),
    MailKind(
        template="booking/reminder",
        sent=translatable("A booked time comes near"),
        night=IN_THE_EVENING,
        values={**WHAT, "cancel_until": _LIMIT},
        needs=("event", "button"),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/reminder_late",
        sent=translatable("A booked time comes near, and it is too late to cancel"),
        night=IN_THE_EVENING,
        values=WHAT,
        needs=("event",),
        inner={**OTHER_TIMES, "cancel_until": UNTIL},
    ),
    MailKind(
        template="booking/given_up",
        sent=translatable("Somebody has cancelled their booking in time"),
        night=ASKED_FOR,
        values=WHAT,
        needs=("event",),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/session_cancelled",
        sent=translatable("A class that people have booked is cancelled"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event",),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/session_moved",
        sent=translatable("A cancelled class has a new time instead"),
        night=CAN_WAIT,
        values={
            **WHAT,
            **REASON,
            "new_name": Placeholder(
                translatable("The class that is held instead"), translatable("Back yoga")
            ),
            "new_when": Placeholder(translatable("Its day and time"), AT.replace(day=2)),
            "new_where": Placeholder(translatable("Its campus and space"), "Myyrmäki, Hall 2"),
        },
        needs=("event", "button"),
        inner={**OTHER_TIMES, "new_path": "/classes/c0ffee"},
    ),
    MailKind(
        template="booking/session_reinstated",
        sent=translatable("A cancelled class is held after all"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "button"),
        inner={**OTHER_TIMES, "class_path": "/classes/c0ffee"},
    ),
    MailKind(
        template="booking/session_not_held",
        sent=translatable("It turns out that a class of the past was not held"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event",),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/booking_cancelled",
        sent=translatable("Staff have cancelled a booking"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/right_ended",
        sent=translatable("A booking ends because its person has no right to it any more"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner=OTHER_TIMES,
    ),
)
