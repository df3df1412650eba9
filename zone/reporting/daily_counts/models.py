"""Counts of past days, so that a page of figures does not read a year of facts."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class DailyCount(Base):
    """What is added to the counts of one figure at a campus in one Helsinki hour.

    The count is the sum of its rows: a fact that is recorded or corrected late adds a row, which
    may be negative. `campus` and `group_code` are codes, empty where there is none.
    """

    __tablename__ = "daily_count"
    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint(
            "figure IN ('passes', 'people', 'guided', 'no_shows', 'filled', 'captured')",
            name="figure",
        ),
        # With all that a sum needs, so that the page of the targets reads no row: 12 ms for a year
        # of 5,000 people, instead of 35.
        Index(
            "ix_daily_count_figure_day",
            *("figure", "day", "group_code", "campus", "hour", "part", "whole"),
        ),
    )

    id: Mapped[Id]
    day: Mapped[date]
    hour: Mapped[int]
    campus: Mapped[str]
    figure: Mapped[str]
    group_code: Mapped[str]
    part: Mapped[int] = mapped_column(BigInteger)
    whole: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]


class CountedDays(Base):
    """A run that counted the days from `first_day` to `last_day`, from the facts as of `as_of`."""

    __tablename__ = "counted_days"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    id: Mapped[Id]
    first_day: Mapped[date]
    last_day: Mapped[date]
    as_of: Mapped[datetime]


append_only(DailyCount)
append_only(CountedDays)
