"""The targets, from which year on, and when they were recorded."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Target(Base):
    """A goal with its baseline, in force from `first_year` on; a changed goal is a new row.

    `pct` is the growth on the baseline that was written beside the goal; a value between the two
    meets only the percentage. `baseline_of` says when the baseline was measured.
    """

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("key", "first_year", "recorded_at"),
        CheckConstraint("key IN ('A', 'B', 'C')", name="key"),
    )

    id: Mapped[Id]
    key: Mapped[str]
    first_year: Mapped[int]
    baseline: Mapped[Decimal]
    baseline_of: Mapped[str]
    pct: Mapped[Decimal | None] = mapped_column(default=None)
    goal: Mapped[Decimal]
    recorded_at: Mapped[datetime]


append_only(Target)
# A row that was added by hand lowers the goal.
record_rows(Target, "key", "first_year", "baseline", "baseline_of", "pct", "goal", "recorded_at")
