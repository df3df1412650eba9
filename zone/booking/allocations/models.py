"""The parts of halls that sessions hold, in slices of five minutes."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class Hold(Base):
    """A part of a hall held by a session for five minutes; `slice` counts them from 1970 UTC."""

    __tablename__ = "hold"
    # One table and one key for classes and reservations: the database refuses two holds of the same
    # time.
    __table_args__ = (Index("uq_hold_part_slice", "part_id", "slice", unique=True),)

    id: Mapped[Id]
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    slice: Mapped[int]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), index=True)
