"""Refusals at doors that the desk has dealt with."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class HandledDenial(Base):
    """A refusal that the desk has dealt with; the unique key lets one of two desks do it."""

    __tablename__ = "handled_denial"

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    occurred_at: Mapped[datetime]


append_only(HandledDenial)
