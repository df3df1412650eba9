"""The mail about an order that was not paid in time."""

from datetime import date
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import CAN_WAIT, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="passes/order_expired",
        sent=translatable("An order was not paid in time, and its buyer has not ordered again"),
        night=CAN_WAIT,
        values={
            "products": Placeholder(
                translatable("What was ordered"), translatable("Pass for the term")
            ),
            "day": Placeholder(translatable("The day of the order"), date(2026, 10, 5)),
        },
        needs=("button", "products"),
        inner={"shop_path": "/buy"},
    ),
)
