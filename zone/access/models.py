"""Doors and what they tell: areas, doors, bridges with their sign-on, keys in phones, entries, visits, attendance."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.db import Base, Id, PublicId

_LASTING: Final = "seq IS NULL AND cleared_at IS NULL"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Area(Base):
    """What a door leads to. A holder needs a right of one of `kinds` at its campus.

    `proves_presence`: who came in is in the spaces that the area holds; a lobby proves a visit only.
    `always_open`: the campus's opening hours do not bind it. `passback` is off, soft or hard, in seconds.
    `version` goes up with each change, so that two people who change it at once notice.
    """

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("campus_id", "name"),
        CheckConstraint("passback IN ('off', 'soft', 'hard')", name="passback"),
        CheckConstraint("passback_seconds BETWEEN 0 AND 86400", name="passback_seconds"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    name: Mapped[str]
    kinds: Mapped[list[Any]]
    proves_presence: Mapped[bool] = mapped_column(default=False)
    needs_booking: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    always_open: Mapped[bool] = mapped_column(default=False)
    passback: Mapped[str] = mapped_column(default="soft")
    passback_seconds: Mapped[int] = mapped_column(default=60)
    version: Mapped[int] = mapped_column(default=1)


class AreaSpace(Base):
    """That an area holds a space."""

    __tablename__ = "area_space"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True, index=True)


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


class BridgeEnrolment(Base):
    """A one-time token that makes a box the bridge. Only its hash is kept."""

    __tablename__ = "bridge_enrolment"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BridgeChallenge(Base):
    """What a bridge must sign to sign on: used once, then gone."""

    __tablename__ = "bridge_challenge"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    challenge_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class BridgeToken(Base):
    """An access token of a bridge, asked about at every request, so that revoking works at once."""

    __tablename__ = "bridge_token"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


ALARMS: Final = (
    "chain_break", "code_used_twice", "offline", "disk_full", "clock_unset", "journal_chain", "relay_fault",
    "reader_lost",
)  # fmt: skip
"""What an alarm can be about. The first two belong to an entry; the others last until they are over."""


class BridgeAlarm(Base):
    """Something about a bridge that a person should look at; said once, however often it is told.

    `chain_break`: an entry was changed or taken out. `code_used_twice`: two doors granted one code of one area. These
    name the entry's `seq`. All others are states of the bridge, or of a door of it: one row from when it began until
    `cleared_at`.
    """

    __tablename__ = "bridge_alarm"
    __table_args__ = (
        UniqueConstraint("bridge_id", "kind", "seq"),
        CheckConstraint(f"kind IN ({', '.join(map(repr, ALARMS))})", name="kind"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        Index("uq_bridge_alarm_lasting", "bridge_id", "kind", unique=True, **_where(_LASTING + " AND door_id IS NULL")),
        Index("uq_bridge_alarm_lasting_door", "bridge_id", "kind", "door_id", unique=True, **_where(_LASTING)),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    door_id: Mapped[int | None] = mapped_column(ForeignKey("door.id"))
    kind: Mapped[str]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Door(Base):
    """A door, the area behind it, the bridge that drives it, and how long its strike is held (milliseconds)."""

    __tablename__ = "door"
    __table_args__ = (
        UniqueConstraint("area_id", "name"),
        CheckConstraint(
            "state IN ('normal', 'released_once', 'released', 'blocked', 'lockdown', 'emergency')", name="state"
        ),
        CheckConstraint("strike_ms BETWEEN 100 AND 60000", name="strike"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    bridge_id: Mapped[int | None] = mapped_column(ForeignKey("bridge.id"), index=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="normal")
    strike_ms: Mapped[int] = mapped_column(default=5000)
    version: Mapped[int] = mapped_column(default=1)


class DoorOrder(Base):
    """That a member of staff had a door opened once. It is worth `expires_at - created_at`, and is carried out at most
    once: the bridge remembers it, and tells with an entry what came of it (`outcome`).

    Without an outcome at its end it never reached the bridge, or the bridge could not tell yet.
    """

    __tablename__ = "door_order"
    __table_args__ = (
        CheckConstraint("kind IN ('open_once')", name="kind"),
        CheckConstraint("outcome IN ('opened', 'relay_fault', 'refused', 'expired')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
        CheckConstraint("created_at < expires_at", name="order"),
        Index("ix_door_order_door_id_created_at", "door_id", "created_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"))
    kind: Mapped[str]
    ordered_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class Credential(Base):
    """The public key of a phone. `point` is 33 bytes; `certified_until` the end of its last certificate.

    A revoked key stays known until then: its certificate would otherwise make it pass for a new one.
    """

    __tablename__ = "credential"
    __table_args__ = (CheckConstraint("revoked_at IS NULL OR revoked_at >= created_at", name="order"),)

    id: Mapped[Id]
    kid: Mapped[bytes] = mapped_column(unique=True)
    point: Mapped[bytes]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    certified_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Suspension(Base):
    """That a member may not use the doors for a time, and why. `lifted_at` ends it early."""

    __tablename__ = "suspension"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR starts_at < ends_at", name="order"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    reason: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Feed(Base):
    """The one row that numbers the change feed. A new `epoch` sends every bridge for a fresh snapshot."""

    __tablename__ = "feed"
    __table_args__ = (CheckConstraint("id = 1", name="only"),)

    id: Mapped[Id]
    epoch: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)


class Entry(Base):
    """One thing that happened at a door, as the bridge told it.

    `before` and `after` are the chain's hashes around it, empty behind a row that could not be read. `area_id` is the
    area of that time. `pending`: no visit was derived from it yet. `holder` and `kid` are emptied after the retention
    time.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("bridge_id", "seq"),
        Index("ix_entry_pending", "id", sqlite_where=text("pending"), postgresql_where=text("pending")),
        Index("ix_entry_holder_area", "holder", "area_id", "occurred_at"),
        Index("ix_entry_occurred_at", "occurred_at"),
        Index("ix_entry_door_id_occurred_at", "door_id", "occurred_at"),
        Index("ix_entry_ref", "ref", sqlite_where=text("ref IS NOT NULL"), postgresql_where=text("ref IS NOT NULL")),
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


class UsedCode(Base):
    """That a code was granted into an area: once, whichever bridge of the site did it."""

    __tablename__ = "used_code"
    __table_args__ = (UniqueConstraint("kid", "ts", "area_id"),)

    id: Mapped[Id]
    kid: Mapped[bytes]
    ts: Mapped[int] = mapped_column(BigInteger)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    entry_uuid: Mapped[UUID]
    occurred_at: Mapped[datetime] = mapped_column(index=True)


class Quarantine(Base):
    """A row that could not be taken in, as it came (JSON) and why. Never dropped, never in the way."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("bridge_id", "digest"),)

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    digest: Mapped[bytes]
    raw: Mapped[str]
    why: Mapped[str]
    recorded_at: Mapped[datetime]


class Visit(Base):
    """That somebody came in: seen by a door, or checked in at the desk without a phone.

    Those of a door (`source`) are derived from entries, and derived again when a late entry changes what they mean.

    Rows are never changed but for two things: `retracted_at` is written once, so that a report as of an earlier time
    still sees the visit, and `member_id` is emptied after the retention time. `institution_code` is the visitor's at
    that time, so that shares per institution stay the same when the person is gone.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index(
            "uq_visit_entry_live",
            "entry_id",
            unique=True,
            sqlite_where=text("retracted_at IS NULL"),
            postgresql_where=text("retracted_at IS NULL"),
        ),
        CheckConstraint("source IN ('door', 'desk') AND (source = 'door') = (entry_id IS NOT NULL)", name="source"),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(default="door")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    institution_code: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]


class Attendance(Base):
    """That a person was at a session, proven by a visit: with a booking (`booked`), or as a drop-in.

    Changed only as its visit is: `retracted_at` is written once, `member_id` is emptied after the retention time.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_session_member_live",
            "session_id",
            "member_id",
            unique=True,
            sqlite_where=text("retracted_at IS NULL"),
            postgresql_where=text("retracted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    booked: Mapped[bool]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
