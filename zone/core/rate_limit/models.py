"""The table of attempt counts."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class AttemptCount(Base):
    """The number of attempts of one subject in one time window."""

    __tablename__ = "tries"
    __table_args__ = (UniqueConstraint("subject", "starts_at"),)

    id: Mapped[Id]
    subject: Mapped[bytes]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    made: Mapped[int]
