"""The mails about draws."""

from typing import Final

from zone.booking.messages.mails import AT, HOW_TO_CANCEL, OTHER_TIMES, REASON, UNTIL, WHAT
from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_DRAW: Final = {**OTHER_TIMES, "lottery_path": "/lotteries/c0ffee"}

MAILS: Final = declare_mails(
    MailKind(
        template="booking/lottery_won",
        sent=translatable("Somebody won a place in a draw"),
        night=CAN_WAIT,
        values=WHAT,
        blocks=HOW_TO_CANCEL,
        needs=("event", "how_to_cancel"),
        inner={**OTHER_TIMES, "cancel_until": UNTIL},
    ),
    MailKind(
        template="booking/lottery_lost",
        sent=translatable("The places of a draw went to others, and somebody is in the queue"),
        night=CAN_WAIT,
        values={**WHAT, "place": Placeholder(translatable("The place in the queue"), 3)},
        needs=("event", "place"),
        inner=_DRAW,
    ),
    MailKind(
        template="booking/lottery_refused",
        sent=translatable("Somebody was drawn, but may not have a place"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner=_DRAW,
    ),
    MailKind(
        template="booking/lottery_called_off",
        sent=translatable("A draw is called off"),
        night=CAN_WAIT,
        values={**WHAT, **REASON},
        needs=("event", "reason"),
        inner={**OTHER_TIMES, "class_path": "/classes/c0ffee"},
    ),
    MailKind(
        template="booking/lottery_moved",
        sent=translatable("A class whose draw people have entered has moved"),
        night=CAN_WAIT,
        values={
            **WHAT,
            **REASON,
            "old_when": Placeholder(translatable("When it was to be held"), AT.replace(day=2)),
        },
        needs=("event", "button"),
        inner={**OTHER_TIMES, "class_path": "/classes/c0ffee"},
    ),
)
