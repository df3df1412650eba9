"""Bulk extensions: acts of staff that let many passes last longer, and the passes of each."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.passes.bulk_extensions.rules import OUTCOMES

_TO_DO = text("outcome IS NULL")


class BulkExtension(Base):
    """Passes that were valid from `first_day` to `last_day` get back the days that they lost.

    Only those of a campus or a product, where these are set. `public_id` is what the caller chose:
    the same act sent again finds this row.
    """

    __tablename__ = "bulk_extension"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    campus: Mapped[str | None]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


class BulkExtensionPass(Base):
    """A pass of a bulk extension, and by how many days it lasts longer.

    `outcome` is empty until a job has come to it.
    """

    __tablename__ = "bulk_extension_pass"
    __table_args__ = (
        CheckConstraint("days > 0", name="days"),
        CheckConstraint(one_of_check("outcome", OUTCOMES), name="outcome"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done"),
        Index(
            "ix_bulk_extension_pass_to_do", "pass_id", sqlite_where=_TO_DO, postgresql_where=_TO_DO
        ),
    )

    # Both: no pass is in one act twice.
    extension_id: Mapped[int] = mapped_column(ForeignKey("bulk_extension.id"), primary_key=True)
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"), primary_key=True)
    days: Mapped[int]
    outcome: Mapped[str | None]
    done_at: Mapped[datetime | None]
