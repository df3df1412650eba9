"""Bridges: the boxes that drive the doors of a site."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId


class Bridge(Base):
    """The box of a site. Seqs of entries belong to it for good: a replaced box is a new bridge.

    `online_since` starts anew after every silence; `seen_at` is its last sign of life (kept to about half a minute);
    `backlog` is how many entries it last said it had still to send, `clock` (synced, holdover, unset), `software` and
    `roster_version` what else it said of itself, and `told` its alarms in its own words: only news are written down.
    `next_public_key` is a key that it proved to hold and has not yet used; with its first use it takes the place of
    `public_key`.
    """

    __tablename__ = "bridge"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    name: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[bytes | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    online_since: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    backlog: Mapped[int] = mapped_column(default=0)
    next_public_key: Mapped[bytes | None] = mapped_column(unique=True)
    clock: Mapped[str | None]
    software: Mapped[str | None]
    roster_version: Mapped[int | None] = mapped_column(BigInteger)
    told: Mapped[str] = mapped_column(default="")
