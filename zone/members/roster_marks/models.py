"""Marks: members whose roster rows have changed."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class RosterMark(Base):
    """A change of a member's roster row, without a version until the feed's reader numbers it."""

    __tablename__ = "roster_mark"
    # NULLs are distinct: any number of marks may wait for a version.
    __table_args__ = (Index("ix_roster_mark_version", "version", unique=True),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # No sequence: a transaction that commits late would get a version lower than one that a
    # bridge has already read, and the bridge would never see it.
    version: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
