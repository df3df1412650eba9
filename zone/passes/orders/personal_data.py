"""The tables of orders that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.orders.queries import own_orders
from zone.passes.retention.rules import BOOKS

PERSONAL_DATA: Final = (
    PersonalData(
        "orders",
        ("member_id",),
        "orders",
        own_orders,
        retention=BOOKS,
    ),
)
