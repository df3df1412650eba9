"""Addresses under which a person's calendar fetches their bookings."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class CalendarFeed(Base):
    """A person's secret address; only the hash of its key is stored.

    A person has one at most. A new key takes the place of the one before, and ending it deletes the
    row, so that a key of the past is like one that never was.
    """

    __tablename__ = "calendar_feed"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    # To the hour: enough to see that a calendar fetches it.
    fetched_at: Mapped[datetime | None]


# A key that is added by hand shows where somebody is, and when.
record_rows(CalendarFeed, "member_id", "digest")
