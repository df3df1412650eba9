"""How long the books are kept, and the certificates of the accounting years that were deleted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class BookkeepingRule(Base):
    """How long the books are kept from a day on, as `rules.BookkeepingRules` says. Append-only.

    Rules of a day are corrected by another row of the same day: the newest one holds.
    """

    __tablename__ = "bookkeeping_rule"
    __table_args__ = (
        CheckConstraint("last_month BETWEEN 1 AND 12", name="month"),
        CheckConstraint("years_kept BETWEEN 6 AND 30", name="years"),
    )

    id: Mapped[Id]
    valid_from: Mapped[date]
    last_month: Mapped[int]
    years_kept: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class DeletedYear(Base):
    """The certificate of an accounting year whose books were deleted. Append-only.

    Written in the transaction that deletes them, before it does: the triggers of the books let
    only rows go that a certificate covers. `ended_at` is the first instant after the year; `counts`
    has the rows of each table, `digest` is the SHA-256 of them in order (`service.digest_rows`).
    """

    __tablename__ = "deleted_year"
    __table_args__ = (
        UniqueConstraint("ended_on"),
        CheckConstraint("years_kept >= 6", name="years"),
        CheckConstraint("deleted_at > ended_at", name="ended"),
    )

    id: Mapped[Id]
    ended_on: Mapped[date]
    ended_at: Mapped[datetime]
    years_kept: Mapped[int]
    counts: Mapped[dict[str, Any]]
    digest: Mapped[bytes]
    deleted_at: Mapped[datetime]


class DeletedNumbers(Base):
    """The numbers of a series and calendar year that went with an accounting year. Append-only.

    Where a credit note of a later year refers to a receipt, that receipt goes with the later year,
    so `count` may be less than from `first` to `last`.
    """

    __tablename__ = "deleted_numbers"
    __table_args__ = (
        UniqueConstraint("deleted_year_id", "series", "year"),
        CheckConstraint("1 <= first AND first <= last", name="order"),
        CheckConstraint("count BETWEEN 1 AND last - first + 1", name="count"),
    )

    id: Mapped[Id]
    deleted_year_id: Mapped[int] = mapped_column(ForeignKey("deleted_year.id"))
    series: Mapped[str]
    year: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    count: Mapped[int]


class PassOrigin(Base):
    """Through which institution a pass was sold, once its order is deleted. Append-only.

    Figures by institution read it, and stay the same.
    """

    __tablename__ = "pass_origin"

    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"), primary_key=True)
    institution_code: Mapped[str]


append_only(BookkeepingRule)
append_only(DeletedYear)
append_only(DeletedNumbers)
append_only(PassOrigin)
# A row that was added by hand has the books deleted sooner.
record_rows(BookkeepingRule, "valid_from", "last_month", "years_kept", "recorded_at")
