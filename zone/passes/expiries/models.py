"""Orders that nobody paid in time."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.passes.retention.rules import BY_ORDER


class OrderExpiry(Base):
    """That an order was not paid in time: its places and its discount code were freed. Append-only.

    A payment that arrives later takes them again, if there are any left.
    """

    __tablename__ = "order_expiry"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    expired_at: Mapped[datetime]


append_only(OrderExpiry, deletable_if=BY_ORDER)
