"""Terms and their ISO weeks."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Season(Base):
    """A term: spring, summer or autumn of a year, both days included."""

    __tablename__ = "season"
    __table_args__ = (
        CheckConstraint("kind IN ('spring', 'summer', 'autumn')", name="kind"),
        CheckConstraint("starts_on <= ends_on", name="order"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class SeasonWeek(Base):
    """Whether an ISO week of a season is regular; only regular weeks count in the weekly hours.

    Append-only: a week that becomes a break gets a new row. As of an instant, the newest row that
    was recorded by then is valid.
    """

    __tablename__ = "season_week"
    __table_args__ = (
        UniqueConstraint("iso_year", "iso_week", "recorded_at"),
        CheckConstraint("iso_week BETWEEN 1 AND 53", name="week"),
    )

    id: Mapped[Id]
    season_id: Mapped[int] = mapped_column(ForeignKey("season.id"))
    iso_year: Mapped[int]
    iso_week: Mapped[int]
    regular: Mapped[bool]
    recorded_at: Mapped[datetime]


append_only(SeasonWeek)
record_rows(Season, "code", "kind", "starts_on", "ends_on")
# Append-only, and recorded too: a row that was added by hand decides over target B.
record_rows(SeasonWeek, "season_id", "iso_year", "iso_week", "regular", "recorded_at")
