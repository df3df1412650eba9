"""The mails about a visit that the desk takes off a pass, or gives back."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

_PASS: Final = {"pass_id": "0b5f7c1e"}
_PRODUCT: Final = Placeholder(translatable("The name of the pass"), translatable("10 visits"))
_LEFT: Final = Placeholder(translatable("How many visits are left"), 4)

MAILS: Final = declare_mails(
    MailKind(
        template="passes/visit_taken",
        sent=translatable("The desk takes a visit off a pass"),
        night=CAN_WAIT,
        values={
            "product": _PRODUCT,
            "left": _LEFT,
            "reason": Placeholder(
                translatable("Why it is taken"), translatable("A guest came along")
            ),
        },
        needs=("button", "left", "reason"),
        inner=_PASS,
    ),
    MailKind(
        template="passes/visit_given_back",
        sent=translatable("The desk gives a visit back"),
        night=CAN_WAIT,
        values={
            "product": _PRODUCT,
            "left": _LEFT,
            "reason": Placeholder(
                translatable("Why it is given back"), translatable("The scanner read it twice")
            ),
        },
        needs=("button", "left", "reason"),
        inner=_PASS,
    ),
)
