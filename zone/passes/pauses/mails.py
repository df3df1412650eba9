"""The mails about a pass that is paused, goes on, or lasts longer."""

from datetime import date
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_PRODUCT: Final = Placeholder(
    translatable("The name of the pass"), translatable("Pass for the term")
)
_PASS: Final = {"pass_id": "0b5f7c1e"}
_ENDS: Final = Placeholder(translatable("Its last day"), date(2027, 1, 12))

MAILS: Final = declare_mails(
    MailKind(
        template="passes/pass_paused",
        sent=translatable("A pass is paused"),
        night=CAN_WAIT,
        values={
            "product": _PRODUCT,
            "first_day": Placeholder(translatable("The first day of the pause"), date(2026, 10, 5)),
            "last_day": Placeholder(translatable("The last day of the pause"), date(2026, 11, 1)),
            "ends_on": _ENDS,
        },
        needs=("button", "first_day", "last_day", "ends_on"),
        inner=_PASS,
    ),
    MailKind(
        template="passes/pass_resumed",
        sent=translatable("A pass goes on after a pause"),
        night=CAN_WAIT,
        values={"product": _PRODUCT, "ends_on": _ENDS},
        needs=("button", "ends_on"),
        inner=_PASS,
    ),
    MailKind(
        template="passes/pass_extended",
        sent=translatable("Staff let a pass last longer"),
        night=CAN_WAIT,
        values={
            "product": _PRODUCT,
            "ends_on": _ENDS,
            "reason": Placeholder(
                translatable("Why it lasts longer"), translatable("The gym was closed for repairs")
            ),
        },
        needs=("button", "ends_on", "reason"),
        inner=_PASS,
    ),
    MailKind(
        template="passes/pass_ended",
        sent=translatable("Staff end a pass"),
        night=CAN_WAIT,
        values={
            "product": _PRODUCT,
            "reason": Placeholder(
                translatable("Why it is ended"), translatable("The pass was sold by mistake")
            ),
        },
        needs=("reason",),
        inner=_PASS,
    ),
)
