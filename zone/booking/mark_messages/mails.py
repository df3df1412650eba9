"""The mails about marks and bans."""

from datetime import timedelta
from typing import Final

from zone.booking.messages.mails import AT, OTHER_TIMES, REASON, WHAT
from zone.core.i18n import translatable
from zone.core.mail.kinds import ASKED_FOR, CAN_WAIT, MailKind, Placeholder, declare_mails

_EVIDENCE: Final = {"evidence": translatable("What the mark rests on, line by line")}
_PAUSE: Final = {"pause": translatable("Until when booking ahead is paused, if it is")}
_COUNTED: Final = {"marks": Placeholder(translatable("How many marks count now"), 2)}
_RULE: Final = {
    "limit": Placeholder(translatable("With how many marks booking ahead is paused"), 3),
    "days": Placeholder(translatable("For how many days it is paused"), 14),
}
_UNTIL: Final = {
    "until": Placeholder(translatable("Until when booking ahead is paused"), AT + timedelta(14))
}
_INNER: Final = {
    **OTHER_TIMES,
    "evidence": [
        translatable("Places that could be booked: 14. Booked: 14."),
        translatable("Nobody waited for a place."),
    ],
}
# Whoever gets a mark can appeal: the button leads there.
_MARK: Final = ("event", "evidence", "button")

MAILS: Final = declare_mails(
    MailKind(
        template="booking/no_show",
        sent=translatable("Somebody missed a booking"),
        night=CAN_WAIT,
        values={**WHAT, **_COUNTED, **_RULE},
        blocks=_EVIDENCE,
        needs=_MARK,
        inner=_INNER,
    ),
    MailKind(
        template="booking/no_show_paused",
        sent=translatable("Somebody missed a booking, and booking ahead is paused"),
        night=CAN_WAIT,
        values={**WHAT, **_COUNTED, **_UNTIL},
        blocks=_EVIDENCE,
        needs=_MARK,
        inner=_INNER,
    ),
    MailKind(
        template="booking/late_cancellation",
        sent=translatable("Somebody cancelled late"),
        night=ASKED_FOR,
        values={**WHAT, **_COUNTED, **_RULE},
        blocks=_EVIDENCE,
        needs=_MARK,
        inner=_INNER,
    ),
    MailKind(
        template="booking/late_cancellation_paused",
        sent=translatable("Somebody cancelled late, and booking ahead is paused"),
        night=ASKED_FOR,
        values={**WHAT, **_COUNTED, **_UNTIL},
        blocks=_EVIDENCE,
        needs=_MARK,
        inner=_INNER,
    ),
    MailKind(
        template="booking/given_up_late",
        sent=translatable("Somebody cancelled late, and nobody missed the place"),
        night=ASKED_FOR,
        values=WHAT,
        needs=("event",),
        inner=OTHER_TIMES,
    ),
    MailKind(
        template="booking/mark_lifted",
        sent=translatable("A mark does not count any more"),
        night=CAN_WAIT,
        values=WHAT,
        blocks={**_PAUSE, "why": translatable("Why, if there is something to say")},
        needs=("event", "pause"),
        inner={**OTHER_TIMES, "reason": REASON["reason"].sample, "until": AT + timedelta(14)},
    ),
    MailKind(
        template="booking/appeal_turned_down",
        sent=translatable("An appeal was turned down"),
        night=CAN_WAIT,
        values={
            **WHAT,
            "reason": Placeholder(
                translatable("Why, in a sentence"),
                translatable("Nobody waited for a place."),
                lines=True,
            ),
        },
        blocks=_PAUSE,
        needs=("event", "reason", "pause"),
        inner={**OTHER_TIMES, "until": AT + timedelta(14)},
    ),
    MailKind(
        template="booking/ban_ended",
        sent=translatable("A pause of booking ahead is over"),
        night=CAN_WAIT,
    ),
)
