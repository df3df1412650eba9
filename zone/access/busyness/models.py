"""How many people were inside a campus in each hour, of the last weeks."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base


class BusyHour(Base):
    """The most people who were counted inside a campus in an hour of a Helsinki day.

    There is no row of an hour in which the campus was closed, whoever was inside, or a bridge of
    its doors was not heard: what is not known is no count. `weekday` is 1 (Monday) to 7. No person
    is in it, so that it outlives the entries.
    """

    __tablename__ = "busy_hour"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("people >= 0", name="people"),
    )

    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int]
    people: Mapped[int]
