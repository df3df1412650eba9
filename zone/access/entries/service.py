"""Taking in what bridges upload: at least once sent, exactly once stored, in any order, row by row.

1. Each row is judged on its own; one that cannot be taken in goes to quarantine as it came, with the reason.
2. The good ones are inserted in one statement that leaves out those already there.
3. What was left out is a duplicate when the stored row has the same seq and uuid, else a clash: quarantine.
4. Codes that were granted are noted once per area, orders to doors get their outcome, and the chain is compared with
   what is stored around the batch; what does not fit becomes an alarm. The rows are kept all the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages.fields import MessageError
from zone.access.alarms.models import BridgeAlarm
from zone.access.door_commands import service as door_commands
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.core.db.statements import insert_new
from zone.core.ids import new_public_id

AHEAD: Final = timedelta(days=1)
"""An entry further in the future than this is a mistake, not a clock that is a little fast."""


@dataclass(frozen=True, slots=True)
class Link:
    """A readable entry and the chain's hashes around it; None behind a row that could not be read."""

    entry: messages_entries.Entry
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be taken in, and why."""

    raw: object
    why: str

    @property
    def seqs(self) -> list[int]:
        """The row's seq where it can be read: only then can the bridge be told."""
        seq = self.raw.get("seq") if isinstance(self.raw, Mapping) else None
        return (
            [seq]
            if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq <= 2**53
            else []
        )


def receive(
    session: Session, bridge_id: int, upload: messages_entries.Upload, now: datetime
) -> messages_entries.UploadAck:
    """Store the rows of one upload; what it answers is settled for good once the transaction is committed.

    Visits are derived from the stored rows afterwards, by `visits.derive`, so that nothing there can keep a row out.
    """
    links, refused, end = _read(upload)
    areas = _areas_of(session, bridge_id)
    refused += [
        Refused(link.entry.to_json(), why)
        for link in links
        if (why := _misfit(link.entry, areas, now))
    ]
    fitting = [link for link in links if not _misfit(link.entry, areas, now)]
    stored = _insert(session, bridge_id, fitting, areas, now)
    fresh = [link for link in fitting if (link.entry.seq, link.entry.uuid) in stored]
    known, clashes = _compare(session, bridge_id, [link for link in fitting if link not in fresh])
    refused += clashes
    _note_codes(session, bridge_id, [link.entry for link in fresh], areas, now)
    door_commands.settle(session, bridge_id, [link.entry for link in fresh], now)
    broken = _breaks(session, bridge_id, links, {link.entry.seq for link in fresh})
    if links and end not in (None, upload.head):
        broken.append(links[-1].entry.seq)
    _alarm(session, bridge_id, "chain_break", broken, now)
    _set_aside(session, bridge_id, refused, now)
    return messages_entries.UploadAck(
        _sorted(seq for seq, _ in stored),
        known,
        _sorted(seq for row in refused for seq in row.seqs),
    )


def _sorted(seqs: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(seqs)))


def _read(upload: messages_entries.Upload) -> tuple[list[Link], list[Refused], bytes | None]:
    """The readable rows with their links, the others, and the hash after the last row.

    The chain cannot be followed past a row that cannot be read.
    """
    links: list[Link] = []
    refused: list[Refused] = []
    end: bytes | None = upload.after
    for raw in upload.rows:
        try:
            entry = messages_entries.Entry.from_json(raw)
        except MessageError as error:
            refused.append(Refused(raw, str(error)))
            end = None
        else:
            before, end = end, None if end is None else messages_entries.chain(end, entry)
            links.append(Link(entry, before, end))
    return links, refused, end


def _areas_of(session: Session, bridge_id: int) -> dict[str, tuple[int, int]]:
    """(door, area) of each door that the bridge drives, by the door's public id."""
    rows = session.execute(
        select(Door.public_id, Door.id, Door.area_id).where(Door.bridge_id == bridge_id)
    )
    return {str(public_id): (door_id, area_id) for public_id, door_id, area_id in rows}


def _misfit(
    entry: messages_entries.Entry, areas: Mapping[str, object], now: datetime
) -> str | None:
    if entry.door not in areas:
        return "door: not one of this bridge"
    if _moment(entry) > now + AHEAD:
        return "occurred_at: in the future"
    return None


def _moment(entry: messages_entries.Entry) -> datetime:
    return datetime.fromtimestamp(entry.occurred_at / 1000, UTC)


def _insert(
    session: Session,
    bridge_id: int,
    links: Sequence[Link],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> set[tuple[int, str]]:
    """(seq, uuid) of the rows that were not there before. In the order of seqs, so that two uploads of the same rows
    wait for each other in the same order."""
    ordered = sorted(links, key=lambda link: link.entry.seq)
    rows = [_row(bridge_id, link, *areas[link.entry.door], now) for link in ordered]
    return {
        (row.seq, str(row.uuid)) for row in insert_new(session, Entry, rows, Entry.seq, Entry.uuid)
    }


def _row(bridge_id: int, link: Link, door_id: int, area_id: int, now: datetime) -> dict[str, Any]:
    entry = link.entry
    return {
        "bridge_id": bridge_id,
        "seq": entry.seq,
        "uuid": UUID(entry.uuid),
        "door_id": door_id,
        "area_id": area_id,
        "kind": entry.kind,
        "occurred_at": _moment(entry),
        "recorded_at": now,
        "granted": entry.granted,
        "reason": None if entry.reason is None else entry.reason.value,
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
        "pending": tells_of_visits(entry),
    }


def tells_of_visits(entry: messages_entries.Entry) -> bool:
    """Whether visits may have to be derived from this entry: somebody came in, or did not after all."""
    came_in = (
        entry.kind == "scan" and entry.granted and entry.holder is not None and not entry.leaving
    )
    return came_in or (entry.kind == "not_opened" and entry.ref is not None)


def _compare(
    session: Session, bridge_id: int, links: Sequence[Link]
) -> tuple[tuple[int, ...], list[Refused]]:
    """Which rows that were left out are the stored ones again, and which claim a seq or a uuid of another."""
    if not links:
        return (), []
    seqs = [link.entry.seq for link in links]
    rows = session.execute(
        select(Entry.seq, Entry.uuid).where(Entry.bridge_id == bridge_id, Entry.seq.in_(seqs))
    )
    stored = {(seq, str(uuid)) for seq, uuid in rows}
    same = _sorted(link.entry.seq for link in links if (link.entry.seq, link.entry.uuid) in stored)
    others = [link.entry for link in links if (link.entry.seq, link.entry.uuid) not in stored]
    return same, [
        Refused(entry.to_json(), "seq or uuid: taken by another entry") for entry in others
    ]


def _note_codes(
    session: Session,
    bridge_id: int,
    entries: Sequence[messages_entries.Entry],
    areas: Mapping[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Note each granted code once per area; a second grant of one (two doors offline from each other) is an alarm."""
    codes = [
        {
            "kid": entry.kid,
            "ts": entry.ts,
            "area_id": areas[entry.door][1],
            "entry_uuid": UUID(entry.uuid),
            "occurred_at": _moment(entry),
        }
        for entry in entries
        if entry.kind == "scan" and entry.granted and entry.kid is not None and entry.ts is not None
    ]
    codes.sort(key=itemgetter("kid", "ts", "area_id"))
    noted = {row.entry_uuid for row in insert_new(session, UsedCode, codes, UsedCode.entry_uuid)}
    again = {str(code["entry_uuid"]) for code in codes} - {str(uuid) for uuid in noted}
    _alarm(
        session,
        bridge_id,
        "code_used_twice",
        [entry.seq for entry in entries if entry.uuid in again],
        now,
    )


def _breaks(session: Session, bridge_id: int, links: Sequence[Link], fresh: Set[int]) -> list[int]:
    """Where the batch's hashes differ from what is stored: at rows sent again, and next to it on either side."""
    told = {link.entry.seq: link for link in links}
    edges = {seq + step for seq in told for step in (-1, 0, 1)} - fresh
    rows = session.execute(
        select(Entry.seq, Entry.before, Entry.after).where(
            Entry.bridge_id == bridge_id, Entry.seq.in_(edges)
        )
    )
    return [seq for seq, before, after in rows if _differs(told, seq, before, after)]


def _differs(told: Mapping[int, Link], seq: int, before: bytes | None, after: bytes | None) -> bool:
    pairs: list[tuple[bytes | None, bytes | None]] = []
    if seq in told:
        pairs += [(told[seq].before, before), (told[seq].after, after)]
    if seq - 1 in told:
        pairs.append((told[seq - 1].after, before))
    if seq + 1 in told:
        pairs.append((told[seq + 1].before, after))
    return any(one is not None and other is not None and one != other for one, other in pairs)


def _alarm(session: Session, bridge_id: int, kind: str, seqs: Iterable[int], now: datetime) -> None:
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
    insert_new(session, BridgeAlarm, rows, BridgeAlarm.id)


def _set_aside(session: Session, bridge_id: int, refused: Sequence[Refused], now: datetime) -> None:
    """Keep each refused row once. Its text is escaped JSON, so that no character in it can be refused too."""
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
