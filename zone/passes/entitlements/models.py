"""What a product lets its holder do besides what it opens."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows
from zone.passes.entitlements.rules import KINDS

_ONCE = text("kind <> 'hours'")


class Entitlement(Base):
    """One thing that the passes of a product give, or one time in which they can be used.

    `hours`: some `weekdays`, as the bits of a number (1 Monday, 2 Tuesday, 4 …), from
    `first_minute` until before `until_minute` of the Helsinki day. `booking_earlier`: `number`
    days. `companions`: at most `number` a day.
    """

    __tablename__ = "entitlement"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", KINDS), name="kind"),
        CheckConstraint("(kind = 'hours') = (number IS NULL)", name="number_of"),
        CheckConstraint(
            "(kind = 'hours') = (weekdays IS NOT NULL AND first_minute IS NOT NULL"
            " AND until_minute IS NOT NULL)",
            name="hours_of",
        ),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint(
            "first_minute >= 0 AND first_minute < until_minute AND until_minute <= 1440",
            name="minutes",
        ),
        CheckConstraint("number BETWEEN 0 AND 99", name="number"),
        # A product says once how much earlier, and how many companions.
        Index(
            "uq_entitlement_once",
            "product_id",
            "kind",
            unique=True,
            sqlite_where=_ONCE,
            postgresql_where=_ONCE,
        ),
        Index("ix_entitlement_product_id", "product_id"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    kind: Mapped[str]
    weekdays: Mapped[int | None]
    first_minute: Mapped[int | None]
    until_minute: Mapped[int | None]
    number: Mapped[int | None]


# Who changes one by hand opens doors at other times.
record_rows(Entitlement, "product_id", "kind", "weekdays", "first_minute", "until_minute", "number")
