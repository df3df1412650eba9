"""The parts of halls that sessions hold, in slices of five minutes."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class Hold(Base):
    """That a session holds a part of a hall for five minutes. `slice` counts them from 1970 in UTC.

    One table for classes and own bookings, and one key: so the database itself refuses that two hold the same.
    """

    __tablename__ = "hold"
    __table_args__ = (Index("uq_hold_part_slice", "part_id", "slice", unique=True),)

    id: Mapped[Id]
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    slice: Mapped[int]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), index=True)
