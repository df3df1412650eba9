"""The version of the change feed."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class Feed(Base):
    """The one row with the newest version of the change feed.

    After a change of `epoch` every bridge takes a new snapshot.
    """

    __tablename__ = "feed"
    # The fixed id is the unique key by which one of two first polls inserts the row.
    __table_args__ = (CheckConstraint("id = 1", name="only"),)

    id: Mapped[Id]
    epoch: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
