"""Bridges, which drive the doors of a site."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from firmware_bridge.wire.version import FIRST_WIRE
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Bridge(Base):
    """The controller of a site's doors.

    The seqs of its entries are never used again, so a replaced box is a new bridge.

    `online_since` starts again after every 5 minutes of silence; `seen_at` is the last sign of
    life, exact to about 30 s. `backlog` (entries still to upload), `clock` (synced, holdover or
    unset), `software`, `roster_version` and `told` (its alarms, as on the wire) are what it last
    reported.
    `wire` is the version of the messages that it named at its last sign-on, and `proves_since` when
    it first named one with which granted entries carry their code.
    `next_public_key` has been proven but not used; its first use makes it the `public_key`.
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
    wire: Mapped[int] = mapped_column(default=FIRST_WIRE)
    proves_since: Mapped[datetime | None]


class DoorPolicy(Base):
    """What holds of all doors, in one row; without it the defaults hold.

    `unproven_until` is the last day on which the word of a bridge counts that is too old to prove
    its entries; None: there is no last day yet.
    """

    __tablename__ = "door_policy"
    # The fixed id is the key on which `change_policy` says ON CONFLICT DO NOTHING.
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[Id] = mapped_column(default=1)
    unproven_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


record_rows(
    Bridge,
    "campus_id",
    "public_key",
    "next_public_key",
    "revoked_at",
    "proves_since",
    version=2,
)
record_rows(DoorPolicy, "unproven_until")
