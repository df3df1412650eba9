"""Marks: members whose roster rows have changed."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class RosterMark(Base):
    """That what the doors know of a member has changed. Born without a version; the feed's reader numbers it.

    A plain sequence would let a late commit slip behind a version that a bridge has already read.
    """

    __tablename__ = "roster_mark"
    __table_args__ = (Index("ix_roster_mark_version", "version", unique=True),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    version: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
