"""Visits."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Visit(Base):
    """A person's visit to an area, by an entry of a door or checked in at the desk (`source`).

    Visits of doors are derived from entries, and derived again when a late entry changes them.
    Only two columns ever change: `retracted_at` is written once, so that a report as of an earlier
    time still counts the visit, and `member_id` is emptied after the retention time.
    `institution_code` is the visitor's at that time, so that the share of each institution stays
    the same after that.
    """

    __tablename__ = "visit"
    __table_args__ = (
        # Over live rows only: an entry whose visit was retracted may begin a visit again.
        Index(
            "uq_visit_entry_live",
            "entry_id",
            unique=True,
            sqlite_where=text("retracted_at IS NULL"),
            postgresql_where=text("retracted_at IS NULL"),
        ),
        CheckConstraint(
            # NULLs are distinct: a door's visit without its entry would escape
            # `uq_visit_entry_live`.
            "source IN ('door', 'desk') AND (source = 'door') = (entry_id IS NOT NULL)",
            name="source",
        ),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(default="door")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    institution_code: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]


# Without its person, whom retention removes: `count_wrong_visits` compares who entered.
record_rows(
    Visit, "source", "entry_id", "area_id", "institution_code", "occurred_at", "retracted_at"
)


keep_rows(Visit)
