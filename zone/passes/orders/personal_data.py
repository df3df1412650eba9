"""The tables of orders that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.orders.queries import own_orders
from zone.passes.retention.rules import BOOKS

PERSONAL_DATA: Final = (
    PersonalData(
        "sale_terms",
        ("recorded_by",),
        reason="who set the terms of sale stays known, as in the audit",
    ),
    PersonalData(
        "orders",
        ("member_id",),
        "orders",
        own_orders,
        retention=BOOKS,
    ),
)
