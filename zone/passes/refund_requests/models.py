"""Refunds that one person of the staff has asked for, and what another one decided."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id, PublicId
from zone.passes.retention.rules import BY_ORDER, if_covered


class RefundRequest(Base):
    """A refund above the limit, as one person asked for it. Append-only.

    `lines` has number, cents and ends_pass of each line of the order. A request without a decision
    waits until `expires_at`.
    """

    __tablename__ = "refund_request"
    __table_args__ = (
        # What a decision refers to, so that the database sees who has asked.
        UniqueConstraint("id", "requested_by"),
        CheckConstraint("cents > 0", name="cents"),
        CheckConstraint("expires_at > requested_at", name="expiry"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    lines: Mapped[list[Any]]
    cents: Mapped[int]
    method: Mapped[str | None]
    reason: Mapped[str]
    requested_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RefundDecision(Base):
    """What became of a request: confirmed, declined, retracted or expired. Append-only; one each.

    The database refuses a confirmation by the person who has asked.
    """

    __tablename__ = "refund_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "requested_by"],
            ["refund_request.id", "refund_request.requested_by"],
            name="fk_refund_decision_request",
        ),
        CheckConstraint(
            "outcome IN ('confirmed', 'declined', 'retracted', 'expired')", name="outcome"
        ),
        CheckConstraint(
            "outcome <> 'confirmed' OR (refund_id IS NOT NULL AND decided_by IS NOT NULL "
            "AND decided_by <> requested_by)",
            name="second_person",
        ),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(BigInt, unique=True)
    requested_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    outcome: Mapped[str]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    note: Mapped[str | None]
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    decided_at: Mapped[datetime]


_BY_REQUEST: Final = if_covered(
    "(SELECT order_id FROM refund_request WHERE refund_request.id = OLD.request_id)"
)
append_only(RefundRequest, deletable_if=BY_ORDER)
append_only(RefundDecision, deletable_if=_BY_REQUEST)
