"""The hash chains of the bridges, followed again over what is stored."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.reasons import Reason
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine
from zone.core.invariants import Invariant, count_rows

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def breaks(session: Session, named_since: datetime) -> Iterator[tuple[int, int]]:
    """(bridge, seq) of each stored entry that is not what its hash says, or does not follow the one before it.

    An entry is hashed again only while its person may be known: what was forgotten on purpose does not fit any more,
    but its hash still holds its neighbours together. A gap is sound where the rows in it were set aside.
    """
    query = select(*Entry.__table__.c, Door.public_id.label("door")).join(
        Door, Door.id == Entry.door_id
    )
    rows = session.execute(
        query.order_by(Entry.bridge_id, Entry.seq).execution_options(yield_per=AT_ONCE)
    )
    bridge, seq = 0, 0
    head: bytes | None = None
    for row in rows:
        if row.bridge_id != bridge:
            bridge, seq, head = row.bridge_id, 0, entries.GENESIS
        follows = None in (row.before, head) or row.before == head
        if row.seq != seq + 1:
            follows = _set_aside(session, bridge, seq, row)
        if not follows or not _is_itself(row, named_since):
            yield bridge, row.seq
        seq, head = row.seq, row.after


def _set_aside(session: Session, bridge: int, seq: int, row: Any) -> bool:
    """Whether the rows between `seq` and this one could not be taken in, by what they said or by the broken link."""
    if row.before is None:
        return True
    raws = session.scalars(select(Quarantine.raw).where(Quarantine.bridge_id == bridge))
    told = {raw.get("seq") for raw in map(json.loads, raws) if isinstance(raw, dict)}
    return told.issuperset(range(seq + 1, row.seq))


def _is_itself(row: Any, named_since: datetime) -> bool:
    if row.before is None or row.after is None or row.occurred_at <= named_since:
        return True
    return bool(entries.chain(row.before, _entry(row)) == row.after)


def _entry(row: Any) -> entries.Entry:
    """The entry as the bridge told it."""
    return entries.Entry(
        seq=row.seq,
        uuid=str(row.uuid),
        door=str(row.door),
        kind=row.kind,
        occurred_at=round(row.occurred_at.timestamp() * 1000),
        granted=row.granted,
        reason=None if row.reason is None else Reason(row.reason),
        holder=row.holder,
        kid=row.kid,
        ts=row.ts,
        leaving=row.leaving,
        duress=row.duress,
        passback=row.passback,
        clock=row.clock,
        ref=None if row.ref is None else str(row.ref),
    )


def count_double_entries(session: Session, _named_since: datetime) -> int:
    """Count the sequence numbers of a bridge, and the uuids, that are stored more than once."""
    by_seq = select(Entry.bridge_id).group_by(Entry.bridge_id, Entry.seq).having(func.count() > 1)
    by_uuid = select(Entry.uuid).group_by(Entry.uuid).having(func.count() > 1)
    return count_rows(session, by_seq) + count_rows(session, by_uuid)


def count_broken_chains(session: Session, named_since: datetime) -> int:
    """Count the entries that are not what their hash says, or do not follow the one before."""
    return sum(1 for _ in breaks(session, named_since))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("entries", "every entry is stored once", count_double_entries),
    Invariant(
        "chains",
        "no entry was changed or taken out",
        count_broken_chains,
        "Somebody or something changed door entries. Compare with an older backup, "
        "and ask who had access.",
        slow=True,
    ),
)
