"""What a person has put in their basket. It is deleted once it is ordered."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class BasketLine(Base):
    """A product in a person's basket, and the first day if they chose one. No price is stored."""

    __tablename__ = "basket_line"
    __table_args__ = (UniqueConstraint("member_id", "product_id"),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    starts_on: Mapped[date | None]
    added_at: Mapped[datetime]


class BasketVoucher(Base):
    """The discount code that a person has given for their basket."""

    __tablename__ = "basket_voucher"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"))
