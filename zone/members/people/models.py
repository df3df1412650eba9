"""People."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId


class Member(Base):
    """A person. `holder` is their random pseudonym at the doors; `email` has its normal form."""

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("holder BETWEEN 1 AND 4294967295", name="holder"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    holder: Mapped[int] = mapped_column(BigInteger, unique=True)
    # Unique in its normal form, so that one mailbox cannot become two people by spelling.
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime]
