"""Refusals of payments and refunds."""

from typing import Final

from zone.core.errors import declare

PAYMENTS_CLOSED: Final = declare(
    "payments_closed",
    503,
    "Online payment is closed at the moment. Buy at the desk, or try again later.",
)
ORDER_SETTLED: Final = declare(
    "order_settled",
    409,
    "This order is already paid. Open your pass.",
    constraints=(
        "uq_pass_order_line_id",
        "uq_payment_event_payment_id_outcome",
        "uq_receipt_order_id_kind",
    ),
)
ORDER_REFUNDED: Final = declare(
    "order_refunded",
    409,
    "This order has been refunded, so it can no longer be paid. Place a new order if you need one.",
)
FORGED_NOTICE: Final = declare(
    "forged_notice",
    400,
    "The signature of the payment notice does not match, so it was not accepted. Open your "
    "order and pay there.",
)
WRONG_AMOUNT: Final = declare(
    "wrong_amount",
    409,
    "The amount paid is not that of the order, so no pass was given. Contact the desk.",
)
NOT_PAID: Final = declare(
    "not_paid",
    409,
    "The order has not been paid, so there is nothing to refund.",
)
ALREADY_REFUNDED: Final = declare(
    "already_refunded",
    409,
    "This order has already been refunded. The number of the refund is on the order's receipt.",
    constraints=("uq_pass_event_once",),
)
REFUND_TOO_HIGH: Final = declare(
    "refund_too_high",
    409,
    "At most what was paid can be given back. Open the order again: somebody may have just given a "
    "part back.",
    constraints=("ck_refunded_payment_refunded",),
)
NOTHING_TO_REFUND: Final = declare(
    "nothing_to_refund",
    422,
    "Give the amount of at least one line: how much of it goes back.",
    fields=("amount",),
)
METHOD_UNKNOWN: Final = declare(
    "method_unknown",
    422,
    "Only what was paid at the desk is given back at the desk, in one of the ways of the list.",
    fields=("method",),
)
REFUND_BEING_MADE: Final = declare(
    "refund_being_made",
    409,
    "The payment service is being asked at this moment to give the money back. Open the order "
    "again in ten minutes: if it has not, give the money back by hand.",
)
REFERENCE_MISSING: Final = declare(
    "reference_missing",
    422,
    "Write the reference of the payment: the number that the app or the voucher shows.",
    fields=("reference",),
)
REFERENCE_UNREADABLE: Final = declare(
    "reference_unreadable",
    422,
    "A reference has letters, digits, spaces and the signs . / - only, 40 at most.",
    fields=("reference",),
)
CARD_NUMBER: Final = declare(
    "card_number",
    422,
    "This looks like the number of a card, which must never be stored. Write the number of the "
    "receipt.",
    fields=("reference",),
)
