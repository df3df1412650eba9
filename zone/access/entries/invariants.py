"""Verify the hash chains of the bridges over the stored entries."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from firmware_bridge.wire.messages import entries
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine
from zone.access.entries.queries import UNDOING
from zone.access.entries.rules import seq_of
from zone.core.invariants import NAMED_AT_MOST, Invariant, count_rows, name_broken

BATCH_SIZE: Final = 1000  # rows in memory at a time


def find_chain_breaks(session: Session, named_since: datetime) -> Iterator[tuple[int, int]]:
    """Yield (bridge, seq) of each entry that does not match its hash or the entry before it.

    The hash of an entry from before `named_since` whose person the retention job has emptied is not
    computed again; its stored hash still links its neighbours. A gap is valid where the
    rows in it are in quarantine.
    """
    query = select(*Entry.__table__.c, Door.public_id.label("door")).join(
        Door, Door.id == Entry.door_id
    )
    rows = session.execute(
        query.order_by(Entry.bridge_id, Entry.seq).execution_options(yield_per=BATCH_SIZE)
    )
    bridge, seq = 0, 0
    head: bytes | None = None
    for row in rows:
        if row.bridge_id != bridge:
            bridge, seq, head = row.bridge_id, 0, entries.GENESIS
        follows = None in (row.before, head) or row.before == head
        if row.seq != seq + 1:
            follows = _gap_is_quarantined(session, bridge, seq, row)
        if not follows or not _matches_hash(row, named_since):
            yield bridge, row.seq
        seq, head = row.seq, row.after


def _gap_is_quarantined(session: Session, bridge: int, seq: int, row: Any) -> bool:
    """Return whether the rows between `seq` and this one are in quarantine."""
    if row.before is None:  # the upload had an unreadable row before this one
        return True
    raws = session.scalars(select(Quarantine.raw).where(Quarantine.bridge_id == bridge)).all()
    gap = range(seq + 1, row.seq)
    missing = len(gap) - len({number for number in map(seq_of, raws) if number in gap})
    # Some were emptied whole after the retention time: nobody knows their seqs any more.
    return missing <= raws.count("")


def _matches_hash(row: Any, named_since: datetime) -> bool:
    # Not by its time alone: one that was set back by hand would be compared with nothing.
    emptied = row.occurred_at <= named_since and row.holder is None and row.kid is None
    if row.before is None or row.after is None or emptied:
        return True
    return bool(entries.hash_entry(row.before, _entry(row)) == row.after)


def _entry(row: Any) -> entries.Entry:
    """Return the entry as the bridge sent it."""
    return entries.Entry(
        seq=row.seq,
        uuid=str(row.uuid),
        door=str(row.door),
        kind=row.kind,
        occurred_at=round(row.occurred_at.timestamp() * 1000),
        granted=row.granted,
        reason=row.reason,
        holder=row.holder,
        kid=row.kid,
        ts=row.ts,
        leaving=row.leaving,
        duress=row.duress,
        passback=row.passback,
        clock=row.clock,
        ref=None if row.ref is None else str(row.ref),
        code=row.code,
    )


def count_double_entries(session: Session, _named_since: datetime) -> int:
    """Count the sequence numbers of a bridge, and the uuids, that are stored more than once."""
    by_seq = select(Entry.bridge_id).group_by(Entry.bridge_id, Entry.seq).having(func.count() > 1)
    by_uuid = select(Entry.uuid).group_by(Entry.uuid).having(func.count() > 1)
    return count_rows(session, by_seq) + count_rows(session, by_uuid)


def count_broken_chains(session: Session, named_since: datetime) -> int:
    """Count the entries that are not what their hash says, or do not follow the one before."""
    count = 0
    for count, (bridge, seq) in enumerate(find_chain_breaks(session, named_since), start=1):
        if count <= NAMED_AT_MOST:
            name_broken(session, f"bridge {bridge}, entry {seq}")
    return count


def count_wrong_news(session: Session, _named_since: datetime) -> int:
    """Count the scans that are marked as in vain and are not, or are not marked and are."""
    news = aliased(Entry)
    kind = (
        select(func.min(news.kind))
        .where(
            news.ref == Entry.uuid,
            news.bridge_id == Entry.bridge_id,
            news.kind.in_(UNDOING),
        )
        .scalar_subquery()
    )
    marked = select(Entry.id).where(
        Entry.undone_by.is_not(None),
        or_(Entry.kind != "scan", kind.is_(None), kind != Entry.undone_by),
    )
    undoing = aliased(Entry)
    unmarked = (
        select(Entry.id)
        .join(undoing, and_(undoing.ref == Entry.uuid, undoing.bridge_id == Entry.bridge_id))
        .where(undoing.kind.in_(UNDOING), Entry.kind == "scan", Entry.undone_by.is_(None))
    )
    return count_rows(session, marked) + count_rows(session, unmarked)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("entries", "every entry is stored once", count_double_entries),
    Invariant("in_vain", "a scan by which nobody came in is marked so", count_wrong_news),
    Invariant(
        "chains",
        "no entry was changed or taken out",
        count_broken_chains,
        "Somebody or something changed door entries. Compare with an older backup, "
        "and ask who had access.",
        slow=True,
    ),
)
