"""Store the entries that bridges upload: sent at least once, stored exactly once. Never commits.

1. Validate each row on its own; quarantine one that cannot be stored, as it came and with the
   reason.
2. Insert the valid rows in one statement that leaves out those already stored.
3. A row that was left out is a duplicate if the stored row has the same seq and uuid; otherwise it
   clashes with another entry, and is quarantined.
   A row of a newer bridge, with words that this version does not know, is stored, with an alarm.
4. Store each granted code once per area, and the outcome of commands to doors.
5. Compare the hash chain with what is stored around the batch. A difference opens an alarm; the
   rows are kept all the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.alarms import UNKNOWN_WORD
from firmware_bridge.wire.messages.entries import find_unknown, hash_entry, unknown_fields
from firmware_bridge.wire.messages.fields import MessageError
from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.queries import OPEN_ALARMS
from zone.access.door_commands import service as door_commands
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.core.db.statements import insert_new
from zone.core.ids import new_public_id

# A bridge's clock may be fast, but an entry further in the future than this is a fault.
AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """A valid entry and the chain's hashes before and after it.

    They are None after an unreadable row, or one with fields of a newer bridge. `unknown`: it has
    such fields, or words.
    """

    entry: messages_entries.Entry
    before: bytes | None
    after: bytes | None
    unknown: bool


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be stored, and why."""

    raw: object
    why: str

    @property
    def seqs(self) -> list[int]:
        """The row's seq if it is readable: only then can the answer name the row."""
        seq = self.raw.get("seq") if isinstance(self.raw, Mapping) else None
        # 2**53: a larger integer is not exact in every JSON parser.
        if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq <= 2**53:
            return [seq]
        return []


def receive(
    session: Session, bridge_id: int, upload: messages_entries.Upload, now: datetime
) -> messages_entries.UploadAck:
    """Store the rows of one upload; return which were stored, known already, or quarantined.

    The bridge may delete all these rows once the transaction is committed. Visits are derived
    afterwards in another transaction, by `visits.derive`, so that no fault there loses a row.
    """
    links, refused, end = _read(upload)
    areas = _areas_of(session, bridge_id)
    # Quarantined, and named in the answer, so that the bridge may delete it: a refused batch would
    # come again with the same row.
    refused += [
        RefusedRow(link.entry.to_json(), why)
        for link in links
        if (why := _fault(link.entry, areas, now))
    ]
    valid = [link for link in links if not _fault(link.entry, areas, now)]
    stored = _insert(session, bridge_id, valid, areas, now)
    new = [link for link in valid if (link.entry.seq, link.entry.uuid) in stored]
    duplicates, clashes = _compare(session, bridge_id, [link for link in valid if link not in new])
    refused += clashes
    _store_codes(session, bridge_id, [link.entry for link in new], areas, now)
    # New entries only: a batch that is sent again must not move `settled_at`.
    door_commands.settle(session, bridge_id, [link.entry for link in new], now)
    broken = _breaks(session, bridge_id, links, {link.entry.seq for link in new})
    # The chain's end is None if a row could not be read: then it cannot be compared.
    if links and end not in (None, upload.head):
        broken.append(links[-1].entry.seq)
    _open_alarms(session, bridge_id, "chain_break", broken, now)
    _open_word_alarm(session, bridge_id, new, now)
    _quarantine(session, bridge_id, refused, now)
    return messages_entries.UploadAck(
        _sorted(seq for seq, _ in stored),
        duplicates,
        _sorted(seq for row in refused for seq in row.seqs),
    )


def _sorted(seqs: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(seqs)))


def _read(
    upload: messages_entries.Upload,
) -> tuple[list[ChainedEntry], list[RefusedRow], bytes | None]:
    """Return the readable rows with their hashes, the others, and the hash after the last row."""
    links: list[ChainedEntry] = []
    refused: list[RefusedRow] = []
    end: bytes | None = upload.after
    for raw in upload.rows:
        try:
            entry = messages_entries.Entry.from_json(raw)
        except MessageError as error:
            refused.append(RefusedRow(raw, str(error)))
            end = None  # the hash of an unreadable row is unknown, and so are all that follow
        else:
            row = fields.mapping(raw, "entry")
            before = end
            # Fields of a newer bridge are not stored, so nobody could verify this hash later.
            end = None if end is None or unknown_fields(row) else hash_entry(end, entry)
            links.append(ChainedEntry(entry, before, end, bool(find_unknown(row))))
    return links, refused, end


def _areas_of(session: Session, bridge_id: int) -> dict[str, tuple[int, int]]:
    """Return (door, area) of each door that the bridge drives, by the door's public id."""
    rows = session.execute(
        select(Door.public_id, Door.id, Door.area_id).where(Door.bridge_id == bridge_id)
    )
    return {str(public_id): (door_id, area_id) for public_id, door_id, area_id in rows}


def _fault(entry: messages_entries.Entry, areas: Mapping[str, object], now: datetime) -> str | None:
    if entry.door not in areas:
        return "door: not one of this bridge"
    if _occurred_at(entry) > now + AHEAD:
        return "occurred_at: in the future"
    return None


def _occurred_at(entry: messages_entries.Entry) -> datetime:
    return datetime.fromtimestamp(entry.occurred_at / 1000, UTC)


def _insert(
    session: Session,
    bridge_id: int,
    links: Sequence[ChainedEntry],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> set[tuple[int, str]]:
    """Insert the rows that are not stored yet; return their (seq, uuid)."""
    # In the order of seqs: two uploads of the same rows that insert crosswise would deadlock.
    ordered = sorted(links, key=lambda link: link.entry.seq)
    rows = [_row(bridge_id, link, *areas[link.entry.door], now) for link in ordered]
    return {
        (row.seq, str(row.uuid)) for row in insert_new(session, Entry, rows, Entry.seq, Entry.uuid)
    }


def _row(
    bridge_id: int, link: ChainedEntry, door_id: int, area_id: int, now: datetime
) -> dict[str, Any]:
    entry = link.entry
    return {
        "bridge_id": bridge_id,
        "seq": entry.seq,
        "uuid": UUID(entry.uuid),
        "door_id": door_id,
        "area_id": area_id,
        "kind": entry.kind,
        "occurred_at": _occurred_at(entry),
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
        "pending": may_change_visits(entry),
    }


def may_change_visits(entry: messages_entries.Entry) -> bool:
    """Return whether this entry may change visits: a person came in, or did not after a grant."""
    came_in = (
        entry.kind == "scan" and entry.granted and entry.holder is not None and not entry.leaving
    )
    return came_in or (entry.kind == "not_opened" and entry.ref is not None)


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
    return duplicates, [
        RefusedRow(entry.to_json(), "seq or uuid: taken by another entry") for entry in clashing
    ]


def _store_codes(
    session: Session,
    bridge_id: int,
    entries: Sequence[messages_entries.Entry],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Store each granted code once per area, and open an alarm for a second grant of one.

    Two doors of an area that are offline from each other can both grant the same code.
    """
    codes = [
        {
            "kid": entry.kid,
            "ts": entry.ts,
            "area_id": areas[entry.door][1],
            "entry_uuid": UUID(entry.uuid),
            "occurred_at": _occurred_at(entry),
        }
        for entry in entries
        if entry.kind == "scan" and entry.granted and entry.kid is not None and entry.ts is not None
    ]
    # Two bridges of an area may upload the same codes: in one order they wait, else they deadlock.
    codes.sort(key=itemgetter("kid", "ts", "area_id"))
    stored = {row.entry_uuid for row in insert_new(session, UsedCode, codes, UsedCode.entry_uuid)}
    repeated = {str(code["entry_uuid"]) for code in codes} - {str(uuid) for uuid in stored}
    _open_alarms(
        session,
        bridge_id,
        "code_used_twice",
        [entry.seq for entry in entries if entry.uuid in repeated],
        now,
    )


def _breaks(
    session: Session, bridge_id: int, links: Sequence[ChainedEntry], new: Set[int]
) -> list[int]:
    """Return the stored seqs whose hashes differ from the batch's.

    They may be rows that were sent again, or the neighbours of the batch on either side.
    """
    sent = {link.entry.seq: link for link in links}
    # A new row is compared with its stored neighbours; its own row would only be compared with
    # itself.
    edges = {seq + step for seq in sent for step in (-1, 0, 1)} - new
    rows = session.execute(
        select(Entry.seq, Entry.before, Entry.after).where(
            Entry.bridge_id == bridge_id, Entry.seq.in_(edges)
        )
    )
    return [seq for seq, before, after in rows if _differs(sent, seq, before, after)]


def _differs(
    sent: Mapping[int, ChainedEntry], seq: int, before: bytes | None, after: bytes | None
) -> bool:
    pairs: list[tuple[bytes | None, bytes | None]] = []
    if seq in sent:
        pairs += [(sent[seq].before, before), (sent[seq].after, after)]
    if seq - 1 in sent:
        pairs.append((sent[seq - 1].after, before))
    if seq + 1 in sent:
        pairs.append((sent[seq + 1].before, after))
    # An unknown hash (None, after an unreadable row) contradicts nothing.
    return any(a is not None and b is not None and a != b for a, b in pairs)


def _open_alarms(
    session: Session, bridge_id: int, kind: str, seqs: Iterable[int], now: datetime
) -> None:
    rows = [
        {
            "public_id": new_public_id(),
            "bridge_id": bridge_id,
            "kind": kind,
            "seq": seq,
            "recorded_at": now,
        }
        for seq in sorted(set(seqs))
    ]
    # `uq_bridge_alarm_bridge_id_kind_seq`: an alarm of an entry is opened once, however often the
    # batch is sent.
    insert_new(session, BridgeAlarm, rows, BridgeAlarm.id)


def _open_word_alarm(
    session: Session, bridge_id: int, new: Iterable[ChainedEntry], now: datetime
) -> None:
    """Open an alarm about the first new entry with a word or field of a newer bridge."""
    seqs = [link.entry.seq for link in new if link.unknown]
    # One at a time, because every entry of a newer bridge may have such a word.
    is_open = exists().where(
        BridgeAlarm.bridge_id == bridge_id,
        BridgeAlarm.kind == UNKNOWN_WORD,
        BridgeAlarm.seq.is_not(None),
        OPEN_ALARMS,
    )
    if seqs and not session.scalar(select(is_open)):
        _open_alarms(session, bridge_id, UNKNOWN_WORD, [min(seqs)], now)


def _quarantine(
    session: Session, bridge_id: int, refused: Sequence[RefusedRow], now: datetime
) -> None:
    """Store each refused row once, by the digest of its text."""
    # `dumps` escapes everything beyond ASCII: PostgreSQL would refuse NUL and lone surrogates.
    texts = {json.dumps(row.raw, sort_keys=True): row.why for row in refused}
    rows = [
        {
            "bridge_id": bridge_id,
            "digest": sha256(raw.encode()).digest(),
            "raw": raw,
            "why": why,
            "recorded_at": now,
        }
        for raw, why in sorted(texts.items())
    ]
    insert_new(session, Quarantine, rows, Quarantine.id)
