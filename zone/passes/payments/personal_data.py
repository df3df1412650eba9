"""The tables of payments that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.payments.queries import own_payments, own_refund_lines, own_refunds
from zone.passes.retention.rules import BOOKS

PERSONAL_DATA: Final = (
    PersonalData(
        "payment",
        (),
        "payments",
        own_payments,
        retention=BOOKS,
    ),
    PersonalData(
        "refund_line",
        (),
        "refund_lines",
        own_refund_lines,
        retention=BOOKS,
    ),
    PersonalData(
        "refund",
        ("recorded_by",),
        "refunds",
        own_refunds,
        retention=BOOKS,
    ),
)
