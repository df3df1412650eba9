"""Public holidays on which a campus keeps its ordinary hours."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class NormalHoliday(Base):
    """That a campus keeps its ordinary hours on a public holiday, as somebody has decided.

    A holiday with other hours, or closed, has an `OpeningException`, which goes first.
    """

    __tablename__ = "normal_holiday"
    __table_args__ = (UniqueConstraint("campus_id", "day"),)

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    day: Mapped[date]
    planned_at: Mapped[datetime]
