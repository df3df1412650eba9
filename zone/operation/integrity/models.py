"""What the last recount of each invariant has found."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class InvariantResult(Base):
    """The newest result of an invariant, by its name.

    `broken`: how often it did not hold; None where it could not be recounted, and `problem` says
    why. `rows` names some of those that break it, one a line.
    """

    __tablename__ = "invariant_result"
    __table_args__ = (CheckConstraint("(broken IS NULL) = (problem IS NOT NULL)", name="result"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    broken: Mapped[int | None]
    rows: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime]
