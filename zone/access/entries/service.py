"""Store the entries that bridges upload: sent at least once, stored exactly once. Never commits.

1. Validate each row on its own (`rules`); quarantine one that cannot be stored, as it came and with
   the reason.
2. Insert the valid rows in one statement that leaves out those already stored.
3. A row that was left out is a duplicate if the stored row has the same seq and uuid; otherwise it
   clashes with another entry, and is quarantined.
   A row of a newer bridge, with words that this version does not know, is stored, with an alarm.
   A granted row is stored with whether its code proves it. What does not makes no visit.
4. Mark the grants after which nobody came in.
5. Store each granted code once per area, and the outcome of commands to doors.
6. Compare the hash chain with what is stored around the batch. A difference opens an alarm; the
   rows are kept all the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages.alarms import UNKNOWN_WORD
from zone.access.alarms.service import open_entry_alarms, open_one_entry_alarm
from zone.access.bridges.models import Bridge
from zone.access.door_commands import service as door_commands
from zone.access.entries.context import Proofs, areas_of, breaks, needs_proof
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.access.entries.queries import UNDOING
from zone.access.entries.rules import (
    TAKEN,
    ChainedEntry,
    RefusedRow,
    check_rows,
    occurred_at,
    read_rows,
)
from zone.core.db.prepared_select import PreparedInsert
from zone.core.db.statements import insert_new

# Rows in quarantine of one bridge; of what comes on top only the alarm tells. A healthy one has
# none.
MOST_QUARANTINED: Final = 10_000
# Prepared: others wait while the rows of an upload are inserted.
_entry, _code = Entry.__table__.c, UsedCode.__table__.c
_INSERT: Final = PreparedInsert(
    Entry,
    [column.name for column in _entry if column.name not in ("id", "undone_by")],
    _entry.seq,
    _entry.uuid,
    only_new=True,
)
_INSERT_CODE: Final = PreparedInsert(
    UsedCode,
    [column.name for column in _code if column.name != "id"],
    _code.entry_uuid,
    only_new=True,
)


def receive(
    session: Session,
    bridge_id: int,
    upload: messages_entries.Upload,
    proofs: Proofs,
    now: datetime,
) -> messages_entries.UploadAck:
    """Store the rows of one upload; return which were stored, known already, or quarantined.

    `proofs` are those of `context.proofs_of`: a grant that is not among them is not proven.

    The bridge may delete all these rows once the transaction is committed. Visits are derived
    afterwards in another transaction, by `visits.derive`, so that no fault there loses a row.
    """
    links, refused, end = read_rows(upload)
    areas = areas_of(session, bridge_id, [link.entry for link in links])
    enrolled_at = session.get_one(Bridge, bridge_id).enrolled_at
    valid, faulty = check_rows(links, areas, enrolled_at, now)
    stored = _insert(session, bridge_id, valid, areas, proofs, now)
    new = [link for link in valid if (link.entry.seq, link.entry.uuid) in stored]
    known = [link for link in valid if (link.entry.seq, link.entry.uuid) not in stored]
    duplicates, clashes = _compare(session, bridge_id, known)
    refused += [*faulty, *clashes]
    entries = [link.entry for link in new]
    _use_up_codes(session, bridge_id, entries, areas, proofs, now)
    # New entries only: a batch that is sent again must not move `settled_at`.
    door_commands.settle(session, bridge_id, entries, now)
    broken = breaks(session, bridge_id, links, {entry.seq for entry in entries})
    # The chain's end is None if a row could not be read: then it cannot be compared.
    if links and end not in (None, upload.head):
        broken.append(links[-1].entry.seq)
    open_entry_alarms(session, bridge_id, "chain_break", broken, now)
    set_aside = _sorted(seq for row in refused for seq in row.seqs)
    for kind, seqs in (
        (UNKNOWN_WORD, [link.entry.seq for link in new if link.unknown]),
        ("unproven", [entry.seq for entry in entries if _proof(entry, proofs) is False]),
        ("set_aside", set_aside),
    ):
        open_one_entry_alarm(session, bridge_id, kind, seqs, now)
    _open_forced_alarms(session, bridge_id, entries, areas, now)
    _quarantine(session, bridge_id, refused, now)
    stored_seqs = _sorted(seq for seq, _ in stored)
    return messages_entries.UploadAck(stored_seqs, duplicates, set_aside)


def _use_up_codes(
    session: Session,
    bridge_id: int,
    entries: Sequence[messages_entries.Entry],
    areas: Mapping[str, tuple[int, int]],
    proofs: Proofs,
    now: datetime,
) -> None:
    """Store the codes by which somebody came in: not of a failed strike, nor one not proven."""
    undone = _mark_undone(session, entries)
    opened = [
        entry
        for entry in entries
        if entry.uuid not in undone and _proof(entry, proofs) is not False
    ]
    _store_codes(session, bridge_id, opened, areas, now)


def _open_forced_alarms(
    session: Session,
    bridge_id: int,
    entries: Iterable[messages_entries.Entry],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Open an alarm about each door that was forced, unless one of it is open."""
    forced: dict[int, list[int]] = {}
    for entry in entries:
        if entry.kind == "forced_open":
            forced.setdefault(areas[entry.door][0], []).append(entry.seq)
    for door_id, seqs in forced.items():
        open_one_entry_alarm(session, bridge_id, "forced_open", seqs, now, door_id=door_id)


def _sorted(seqs: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(seqs)))


def _insert(
    session: Session,
    bridge_id: int,
    links: Sequence[ChainedEntry],
    areas: Mapping[str, tuple[int, int]],
    proofs: Proofs,
    now: datetime,
) -> set[tuple[int, str]]:
    """Insert the rows that are not stored yet; return their (seq, uuid)."""
    # In the order of seqs: two uploads of the same rows that insert crosswise would deadlock.
    ordered = sorted(links, key=lambda link: link.entry.seq)
    rows = [
        _row(bridge_id, link, *areas[link.entry.door], _proof(link.entry, proofs), now)
        for link in ordered
    ]
    return {(row.seq, str(row.uuid)) for row in _INSERT.fetch_many(session.connection(), rows)}


def _proof(entry: messages_entries.Entry, proofs: Proofs) -> bool | None:
    return proofs.get(entry, False) if needs_proof(entry) else None


def _row(
    bridge_id: int,
    link: ChainedEntry,
    door_id: int,
    area_id: int,
    proven: bool | None,
    now: datetime,
) -> dict[str, Any]:
    entry = link.entry
    return {
        "bridge_id": bridge_id,
        "seq": entry.seq,
        "uuid": UUID(entry.uuid),
        "door_id": door_id,
        "area_id": area_id,
        "kind": entry.kind,
        "occurred_at": occurred_at(entry),
        "recorded_at": now,
        "granted": entry.granted,
        "reason": None if entry.reason is None else str(entry.reason),
        "holder": entry.holder,
        "kid": entry.kid,
        "ts": entry.ts,
        "leaving": entry.leaving,
        "duress": entry.duress,
        "passback": entry.passback,
        "clock": entry.clock,
        "ref": None if entry.ref is None else UUID(entry.ref),
        "before": link.before,
        "after": link.after,
        "code": entry.code,
        "proven": proven,
        "pending": may_change_visits(entry) and proven is not False,
    }


def may_change_visits(entry: messages_entries.Entry) -> bool:
    """Return whether this entry may change visits: a person came in, or did not after a grant."""
    came_in = (
        entry.kind == "scan" and entry.granted and entry.holder is not None and not entry.leaving
    )
    return came_in or (entry.kind in UNDOING and entry.ref is not None)


def _mark_undone(session: Session, entries: Sequence[messages_entries.Entry]) -> set[str]:
    """Mark the scans after which nobody came in; return their uuids.

    They and the news may arrive in any order, and in one upload or in two.
    """
    news = aliased(Entry)
    kind = (
        select(func.min(news.kind))
        .where(news.ref == Entry.uuid, news.kind.in_(UNDOING), _same_bridge(news))
        .scalar_subquery()
    )
    undone_refs = [UUID(entry.ref) for entry in entries if entry.kind in UNDOING and entry.ref]
    scans = [UUID(entry.uuid) for entry in entries if entry.kind == "scan" and entry.granted]
    found: set[UUID] = set()
    for uuids in filter(None, (undone_refs, scans)):
        undone = (
            update(Entry)
            .where(
                Entry.uuid.in_(uuids),
                Entry.kind == "scan",
                Entry.undone_by.is_(None),
                kind.is_not(None),
            )
            .values(undone_by=kind)
            .returning(Entry.uuid)
            .execution_options(synchronize_session=False)
        )
        found |= set(session.scalars(undone))
    if found:
        # The code opened nothing, so it may open later.
        session.execute(delete(UsedCode).where(UsedCode.entry_uuid.in_(found)))
    return set(map(str, found))


def _same_bridge(news: type[Entry]) -> ColumnElement[bool]:
    # A bridge speaks for its own scans alone, so that none can take back a visit that another one
    # reported.
    return news.bridge_id == Entry.bridge_id


def _compare(
    session: Session, bridge_id: int, links: Sequence[ChainedEntry]
) -> tuple[tuple[int, ...], list[RefusedRow]]:
    """Return the seqs of the rows that are stored already, and the rows that clash.

    A row clashes if another entry of this bridge has its seq, or any entry has its uuid.
    """
    if not links:
        return (), []
    seqs = [link.entry.seq for link in links]
    rows = session.execute(
        select(Entry.seq, Entry.uuid).where(Entry.bridge_id == bridge_id, Entry.seq.in_(seqs))
    )
    stored = {(seq, str(uuid)) for seq, uuid in rows}
    duplicates = _sorted(
        link.entry.seq for link in links if (link.entry.seq, link.entry.uuid) in stored
    )
    clashing = [link.entry for link in links if (link.entry.seq, link.entry.uuid) not in stored]
    return duplicates, [RefusedRow(entry.to_json(), TAKEN) for entry in clashing]


def _store_codes(
    session: Session,
    bridge_id: int,
    entries: Sequence[messages_entries.Entry],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Store each granted code once per area and way, and open an alarm for a second grant of one.

    Two doors of an area that are offline from each other can both grant the same code.
    """
    codes = [
        {
            "kid": entry.kid,
            "ts": entry.ts,
            "area_id": areas[entry.door][1],
            "leaving": entry.leaving,
            "entry_uuid": UUID(entry.uuid),
            "occurred_at": occurred_at(entry),
        }
        for entry in entries
        if entry.kind == "scan" and entry.granted and entry.kid is not None and entry.ts is not None
    ]
    # Two bridges of an area may upload the same codes: in one order they wait, else they deadlock.
    codes.sort(key=itemgetter("kid", "ts", "area_id", "leaving"))
    stored = {row.entry_uuid for row in _INSERT_CODE.fetch_many(session.connection(), codes)}
    repeated = {str(code["entry_uuid"]) for code in codes} - {str(uuid) for uuid in stored}
    open_entry_alarms(
        session,
        bridge_id,
        "code_used_twice",
        [entry.seq for entry in entries if entry.uuid in repeated],
        now,
    )


def _quarantine(
    session: Session, bridge_id: int, refused: Sequence[RefusedRow], now: datetime
) -> None:
    """Store each refused row once, by the digest of its text, as far as there is room."""
    if not refused:
        return
    stored = select(func.count()).where(Quarantine.bridge_id == bridge_id)
    room = max(0, MOST_QUARANTINED - (session.scalar(stored) or 0))
    texts = {row.text: row.why for row in refused}
    rows = [
        {
            "bridge_id": bridge_id,
            "digest": sha256(raw.encode()).digest(),
            "raw": raw,
            "why": why,
            "recorded_at": now,
        }
        for raw, why in sorted(texts.items())[:room]
    ]
    insert_new(session, Quarantine, rows, Quarantine.id)
