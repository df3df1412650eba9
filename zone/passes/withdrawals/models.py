"""Orders that their buyers have withdrawn from, and what they said when they ordered."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.passes.retention.rules import BY_ORDER


class StartConsent(Base):
    """That a buyer asked for a start within the time of withdrawal, and by which words.

    `text_version` is that of the terms of sale, 0: there were none. Append-only.

    Without it nothing may be charged for the use (consumer protection act, chapter 6, section 19).
    """

    __tablename__ = "start_consent"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    text_version: Mapped[int]
    given_at: Mapped[datetime]


class Withdrawal(Base):
    """That a buyer has withdrawn from an order, and when. Append-only."""

    __tablename__ = "withdrawal"

    id: Mapped[Id]
    # Unique: of two taps on the button one withdraws.
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    withdrawn_at: Mapped[datetime]


append_only(StartConsent, deletable_if=BY_ORDER)
append_only(Withdrawal, deletable_if=BY_ORDER)
