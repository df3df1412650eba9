"""The row that numbers the change feed."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class Feed(Base):
    """The one row that numbers the change feed. A new `epoch` sends every bridge for a fresh snapshot."""

    __tablename__ = "feed"
    __table_args__ = (CheckConstraint("id = 1", name="only"),)

    id: Mapped[Id]
    epoch: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
