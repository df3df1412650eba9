"""What came of scans at the doors, and how old their codes were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, and_, case, false, func, or_, select, true, type_coerce
from sqlalchemy.orm import Session, aliased

from firmware_bridge.wire.reasons import Reason
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.entries.models import Entry

# The kinds of entry that say of a scan that nobody came in by it.
UNDOING: Final = ("not_opened", "relay_fault")
# Not `==`, which is NULL of almost every scan, and so is its opposite.
_IN_VAIN: Final = and_(Entry.granted, Entry.undone_by.is_not_distinct_from("relay_fault"))
# A scan whose person the door has let in, as far as it can tell, and can show.
LET_IN: Final = and_(Entry.granted, Entry.undone_by.is_(None), Entry.proven.is_not(false()))
# The same, of who came in rather than left.
CAME_IN: Final = and_(LET_IN, ~Entry.leaving)
# A scan whose person stands before a shut door.
REFUSED: Final = or_(~Entry.granted, _IN_VAIN)
# Its opposite as a value: SQLAlchemy gives `~` of several conditions no type, so that SQLite would
# answer 0 or 1.
NOT_REFUSED: Final = type_coerce(~REFUSED, Boolean)
# Why; of a grant "granted".
REASON: Final = case((_IN_VAIN, Reason.DOOR_FAULT.value), else_=Entry.reason)


# How long the transaction of an upload may last: an entry can be seen after one with a higher id.
LATE: Final = timedelta(seconds=30)
LATE_IDS: Final = 1_000
# A code is valid for less than this; a box that is asked for nothing older still knows it again.
SHORTEST_MEMORY: Final = timedelta(minutes=2)
MOST_GRANTS: Final = 2_000
MOST_LINKS: Final = 2_000


@dataclass(frozen=True, slots=True)
class GrantElsewhere:
    """Somebody was let into an area, or out of it; `kid` and `ts` are key and time of the code."""

    holder: int
    area: UUID
    kid: bytes
    ts: int
    at: datetime
    leaving: bool


@dataclass(frozen=True, slots=True)
class GrantsElsewhere:
    """Who was let into the areas of a bridge by others, of the entries up to the id `seen`."""

    grants: Sequence[GrantElsewhere]
    seen: int


@dataclass(frozen=True, slots=True)
class StoredLink:
    """An entry of a bridge, and the chain's hash after it where it is known."""

    seq: int
    uuid: UUID
    head: bytes | None


def last_entry(session: Session, bridge_id: int) -> tuple[int, bytes | None] | None:
    """Return the last entry of a bridge and the hash after it; None: there is none."""
    row = session.execute(
        select(Entry.seq, Entry.after)
        .where(Entry.bridge_id == bridge_id)
        .order_by(Entry.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.seq, row.after)


def stored_links(session: Session, bridge_id: int, after: int) -> list[StoredLink]:
    """Return the entries of a bridge behind a number, in their order, at most 2,000."""
    rows = session.execute(
        select(Entry.seq, Entry.uuid, Entry.after)
        .where(Entry.bridge_id == bridge_id, Entry.seq > after)
        .order_by(Entry.seq)
        .limit(MOST_LINKS)
    )
    return [StoredLink(*row) for row in rows]


def grants_elsewhere(
    session: Session, bridge_id: int, after: int, now: datetime
) -> GrantsElsewhere:
    """Return the grants of other bridges in the areas of this one since the entry `after`.

    0, and an id that does not exist (yet), ask for all that still matter. A grant may come twice.
    """
    newest = session.scalar(select(func.max(Entry.id))) or 0
    areas = _shared_areas(session, bridge_id)
    if not areas:
        return GrantsElsewhere((), newest)
    memory = max(SHORTEST_MEMORY, *areas.values())
    late = and_(Entry.id > after - LATE_IDS, Entry.recorded_at >= now - LATE)
    rows = session.execute(
        select(Entry.holder, Area.public_id, Entry.kid, Entry.ts, Entry.occurred_at, Entry.leaving)
        .join(Area, Area.id == Entry.area_id)
        .where(
            LET_IN,
            Entry.kind == "scan",
            Entry.holder.is_not(None),
            Entry.kid.is_not(None),
            Entry.ts.is_not(None),
            Entry.area_id.in_(areas),
            Entry.bridge_id != bridge_id,
            Entry.occurred_at >= now - memory,
            or_(Entry.id > after, late) if 0 < after <= newest else true(),
        )
        .order_by(Entry.id.desc())
        .limit(MOST_GRANTS)
    )
    grants = [GrantElsewhere(*row) for row in rows]  # type: ignore[arg-type]  # none is NULL
    return GrantsElsewhere(grants, newest)


def _shared_areas(session: Session, bridge_id: int) -> dict[int, timedelta]:
    """Return the areas with doors of this bridge and of another: how long a visit is remembered.

    Most areas have doors of one bridge alone, and nothing to pass on.
    """
    other = aliased(Door)
    shared = (
        select(Door.area_id, Area.passback_seconds, Area.occupancy_limit, Area.stay_minutes)
        .join(Area, Area.id == Door.area_id)
        .join(other, and_(other.area_id == Door.area_id, other.bridge_id != bridge_id))
        .where(Door.bridge_id == bridge_id)
    )
    return {
        area: timedelta(seconds=max(seconds, 60 * minutes if limit is not None else 0))
        for area, seconds, limit, minutes in session.execute(shared)
    }


# Of a scan whose code was judged by its time.
_TIMED: Final = tuple(
    reason.value for reason in (Reason.GRANTED, Reason.CODE_EXPIRED, Reason.CODE_FROM_FUTURE)
)


def code_ages(session: Session, bridge: UUID, most: int) -> list[float]:
    """Return how old the codes of a bridge's newest scans were, in seconds, the newest first.

    By the bridge's clock and the phones': also of those refused because these two differ.
    """
    newest = (
        select(Entry.occurred_at, Entry.ts)
        .join(Bridge, Bridge.id == Entry.bridge_id)
        .where(
            Bridge.public_id == bridge,
            Entry.kind == "scan",
            Entry.reason.in_(_TIMED),
            Entry.ts.is_not(None),
        )
    )
    rows = session.execute(newest.order_by(Entry.seq.desc()).limit(most)).all()
    return [at.timestamp() - (ts or 0) for at, ts in rows]
