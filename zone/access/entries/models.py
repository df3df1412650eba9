"""Entries of doors, the codes that were used, and rows in quarantine."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id


class Entry(Base):
    """One event at a door, as the bridge reported it.

    `before` and `after` are the chain's hashes around it, NULL after an unreadable row. `area_id`
    is the door's area at that time. `pending`: visits have not been derived from it yet. `holder`
    and `kid` are emptied after the retention time.
    `undone_by` is the kind of the later entry by which nobody came in after a grant: the relay
    failed, or the door's contact saw nobody. See `entries.queries` for what follows from it.
    `code` is the text that was scanned, from bridges of wire version 3 on; it is emptied with the
    person. `proven`: whether it proves the grant; None where a bridge is too old to send it, and
    its word still counts.
    """

    __tablename__ = "entry"
    __table_args__ = (
        # A bridge sends an entry until it is acknowledged: with the unique `uuid`, this key stores
        # it once. An entry that breaks only one of the two is another entry, see `_compare`.
        UniqueConstraint("bridge_id", "seq"),
        # Partial indexes: almost all rows are derived already, and have no `ref`.
        Index(
            "ix_entry_pending", "id", sqlite_where=text("pending"), postgresql_where=text("pending")
        ),
        Index("ix_entry_holder_area", "holder", "area_id", "occurred_at"),
        Index("ix_entry_occurred_at", "occurred_at"),
        Index("ix_entry_door_id_occurred_at", "door_id", "occurred_at"),
        Index(
            "ix_entry_ref",
            "ref",
            sqlite_where=text("ref IS NOT NULL"),
            postgresql_where=text("ref IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    granted: Mapped[bool]
    reason: Mapped[str | None]
    holder: Mapped[int | None] = mapped_column(BigInteger)
    kid: Mapped[bytes | None]
    ts: Mapped[int | None] = mapped_column(BigInteger)
    leaving: Mapped[bool]
    duress: Mapped[bool]
    passback: Mapped[bool]
    clock: Mapped[str]
    ref: Mapped[UUID | None]
    before: Mapped[bytes | None]
    after: Mapped[bytes | None]
    pending: Mapped[bool]
    undone_by: Mapped[str | None]
    code: Mapped[str | None]
    proven: Mapped[bool | None]


class UsedCode(Base):
    """A code that was granted into an area; it can be used once, by all bridges of a site.

    And once more to leave the area, which is `leaving`.
    """

    __tablename__ = "used_code"
    # Of granted codes alone, so that a refused scan does not use up its code.
    __table_args__ = (UniqueConstraint("kid", "ts", "area_id", "leaving"),)

    id: Mapped[Id]
    kid: Mapped[bytes]
    ts: Mapped[int] = mapped_column(BigInteger)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    leaving: Mapped[bool] = mapped_column(default=False, server_default=false())
    entry_uuid: Mapped[UUID]
    occurred_at: Mapped[datetime] = mapped_column(index=True)


class Quarantine(Base):
    """A row that could not be stored as an entry: its JSON as it came, and why."""

    __tablename__ = "quarantine"
    # A row that is sent again is stored once. `digest` is the SHA-256 of `raw`.
    __table_args__ = (UniqueConstraint("bridge_id", "digest"),)

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    digest: Mapped[bytes]
    raw: Mapped[str]
    why: Mapped[str]
    recorded_at: Mapped[datetime]


keep_rows(Entry)
keep_rows(Quarantine)
