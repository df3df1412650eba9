"""The mails with receipts; the law asks for what stands in their details and the seller."""

from datetime import UTC, datetime
from typing import Final

from zone.core.formats import format_date
from zone.core.i18n import translatable
from zone.core.mail.kinds import ASKED_FOR, CAN_WAIT, MailKind, Placeholder, declare_mails

_SOLD: Final = translatable("Pass for the term")
_VALUES: Final = {
    "number": Placeholder(translatable("The number of the receipt"), "2026-1204"),
    "day": Placeholder(
        translatable("The day of the receipt"),
        format_date(datetime(2026, 12, 1, 12, tzinfo=UTC), "fi"),
    ),
    "total": Placeholder(translatable("The sum"), "45,00 €"),
    "names": Placeholder(translatable("What was bought, line by line"), _SOLD, lines=True),
    "seller": Placeholder(
        translatable("The seller with address and business ID, line by line"),
        "Campus sports ry\nKampuskatu 1, 00900 Helsinki\n1234567-8",
        lines=True,
    ),
}
_WAY: Final = {
    "way": Placeholder(
        translatable("How the money comes back, in a sentence"),
        translatable("The money goes back to the card or account that it was paid from."),
    )
}
_INNER: Final = {"lines": [(_SOLD, "45,00 €"), ("13,5 %", "5,35 €")], "has_pass": True}
_INNER_REFUND: Final = {**_INNER, "whole": True}
_NEEDS: Final = ("facts", "seller")

MAILS: Final = declare_mails(
    MailKind(
        template="passes/receipt",
        sent=translatable("An order is paid"),
        night=ASKED_FOR,
        values=_VALUES,
        needs=_NEEDS,
        inner=_INNER,
    ),
    MailKind(
        template="passes/refund",
        sent=translatable("An order is refunded"),
        night=CAN_WAIT,
        values={**_VALUES, **_WAY},
        blocks={"pass_ended": translatable("That the pass has ended, where there was one")},
        needs=(*_NEEDS, "way"),
        inner=_INNER_REFUND,
    ),
    MailKind(
        template="passes/returned",
        sent=translatable("A payment is given back by itself"),
        night=CAN_WAIT,
        values={
            **_VALUES,
            **_WAY,
            "reason": Placeholder(
                translatable("Why, in a sentence"),
                translatable("The order was already paid, so the second payment is given back."),
            ),
        },
        needs=(*_NEEDS, "reason", "way"),
        inner=_INNER,
    ),
)
