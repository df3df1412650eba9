"""Weights of cost shares, periods whose cost is shared, and reports that are fixed."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, BigInt, Id
from zone.core.row_records.models import record_rows

_WHOLE = "visits_bp + sales_bp + holders_bp = 10000"
_EACH = "visits_bp >= 0 AND sales_bp >= 0 AND holders_bp >= 0"


class ShareWeights(Base):
    """How much visits, sales and people with a pass count from a day on. Append-only.

    Of two rows of one day the newer one holds.
    """

    __tablename__ = "share_weights"
    __table_args__ = (
        CheckConstraint(_WHOLE, name="whole"),
        CheckConstraint(_EACH, name="each"),
    )

    id: Mapped[Id]
    valid_from: Mapped[date]
    visits_bp: Mapped[int]
    sales_bp: Mapped[int]
    holders_bp: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class CostPeriod(Base):
    """Months whose cost is shared, each named by its first day. Append-only."""

    __tablename__ = "cost_period"
    __table_args__ = (CheckConstraint("first_month <= last_month", name="order"),)

    id: Mapped[Id]
    first_month: Mapped[date] = mapped_column(unique=True)
    last_month: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class CostMonth(Base):
    """A month of a period: the key refuses a second period of the same month. Append-only."""

    __tablename__ = "cost_month"
    __table_args__ = (UniqueConstraint("month"),)

    id: Mapped[Id]
    month: Mapped[date]
    period_id: Mapped[int] = mapped_column(ForeignKey("cost_period.id"))


class PeriodCost(Base):
    """The cost of a period in cents; a corrected one is a new row. Append-only."""

    __tablename__ = "period_cost"
    __table_args__ = (CheckConstraint("cents > 0", name="cents"),)

    id: Mapped[Id]
    period_id: Mapped[int] = mapped_column(ForeignKey("cost_period.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInt)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class FixedShares(Base):
    """A report that was fixed, with its receipt: definition, as-of time, cost, weights, the rows
    that were counted, and the digest over them. Append-only.
    """

    __tablename__ = "fixed_shares"
    __table_args__ = (
        CheckConstraint(_WHOLE, name="whole"),
        CheckConstraint(_EACH, name="each"),
    )

    id: Mapped[Id]
    period_id: Mapped[int] = mapped_column(ForeignKey("cost_period.id"), unique=True)
    definition: Mapped[str]
    as_of: Mapped[datetime]
    cents: Mapped[int] = mapped_column(BigInt)
    visits_bp: Mapped[int]
    sales_bp: Mapped[int]
    holders_bp: Mapped[int]
    visit_rows: Mapped[int]
    sale_rows: Mapped[int]
    pass_rows: Mapped[int]
    digest: Mapped[str]
    fixed_at: Mapped[datetime]
    fixed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class FixedShare(Base):
    """The share of an institution in a fixed report; an empty code is that of all others.

    The counts are empty where they are of too few people. Append-only.
    """

    __tablename__ = "fixed_share"
    __table_args__ = (
        UniqueConstraint("fixed_id", "code"),
        CheckConstraint(
            "(visits IS NULL) = (holders IS NULL) AND (visits IS NULL) = (sales_cents IS NULL)",
            name="counts",
        ),
    )

    id: Mapped[Id]
    fixed_id: Mapped[int] = mapped_column(ForeignKey("fixed_shares.id"))
    code: Mapped[str]
    cents: Mapped[int] = mapped_column(BigInt)
    visits: Mapped[int | None]
    sales_cents: Mapped[int | None] = mapped_column(BigInt)
    holders: Mapped[int | None]


for _model in (ShareWeights, CostPeriod, CostMonth, PeriodCost, FixedShares, FixedShare):
    append_only(_model)
# A row that was added by hand changes what each institution pays.
record_rows(ShareWeights, "valid_from", "visits_bp", "sales_bp", "holders_bp", "recorded_at")
record_rows(PeriodCost, "period_id", "cents", "recorded_at")
