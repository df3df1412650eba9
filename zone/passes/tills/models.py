"""Tills, their days, and the money that went in and out. Append-only: a day's state is derived."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.passes.retention.rules import BY_PAYMENT

_SALE = text("refund_id IS NULL")


class Till(Base):
    """A cash drawer of a campus. Its row is locked while its money moves."""

    __tablename__ = "till"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"), index=True)
    name: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class TillDay(Base):
    """A till from its opening to its close. `day` is the Helsinki day on which it was opened."""

    __tablename__ = "till_day"
    __table_args__ = (
        # The days of a till are numbered: of two who open it at once the second number is taken.
        UniqueConstraint("till_id", "number"),
        CheckConstraint("float_cents >= 0", name="float"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    till_id: Mapped[int] = mapped_column(ForeignKey("till.id"))
    number: Mapped[int]
    day: Mapped[date]
    float_cents: Mapped[int]
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class TillEntry(Base):
    """Money of a sale or, negative, of a refund at the counter, in the till that was open then."""

    __tablename__ = "till_entry"
    __table_args__ = (
        CheckConstraint(
            "(cents > 0 AND refund_id IS NULL) OR (cents < 0 AND refund_id IS NOT NULL)",
            name="refund",
        ),
        # One sale for each payment; a refund names its payment too.
        Index(
            "uq_till_entry_payment_id",
            "payment_id",
            unique=True,
            sqlite_where=_SALE,
            postgresql_where=_SALE,
        ),
    )

    id: Mapped[Id]
    till_day_id: Mapped[int] = mapped_column(ForeignKey("till_day.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    method: Mapped[str]
    cents: Mapped[int]
    recorded_at: Mapped[datetime]


class CashMovement(Base):
    """Cash that was put into a till or, negative, taken out, such as to the bank."""

    __tablename__ = "cash_movement"
    __table_args__ = (
        CheckConstraint("cents <> 0", name="cents"),
        CheckConstraint("length(reason) > 0", name="reason"),
    )

    id: Mapped[Id]
    till_day_id: Mapped[int] = mapped_column(ForeignKey("till_day.id"), index=True)
    cents: Mapped[int]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


class TillClose(Base):
    """The close of a till's day, signed by who counted. After it the day has no more rows."""

    __tablename__ = "till_close"

    id: Mapped[Id]
    till_day_id: Mapped[int] = mapped_column(ForeignKey("till_day.id"), unique=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class TillCount(Base):
    """What was expected and counted of one way to pay; a difference has a reason."""

    __tablename__ = "till_count"
    __table_args__ = (
        UniqueConstraint("till_close_id", "method"),
        CheckConstraint("expected_cents = counted_cents OR length(reason) > 0", name="reason"),
    )

    id: Mapped[Id]
    till_close_id: Mapped[int] = mapped_column(ForeignKey("till_close.id"))
    method: Mapped[str]
    expected_cents: Mapped[int]
    counted_cents: Mapped[int]
    reason: Mapped[str]


append_only(TillEntry, deletable_if=BY_PAYMENT)
for _model in (Till, TillDay, CashMovement, TillClose, TillCount):
    append_only(_model)
