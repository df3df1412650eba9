"""Load what the entries of an upload are compared with: doors, keys, proofs, and the hash chain."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages.fields import MessageError
from zone.access.bridges.models import Bridge, DoorPolicy
from zone.access.credentials.models import Credential
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.rules import ChainedEntry, KnownKey, is_proof, occurred_at
from zone.core.time import helsinki_date
from zone.members.people.models import Member

# What a bridge let in by its word up to the last day counts when it arrives within this time, as
# long as a bridge keeps its entries.
UPLOADED_WITHIN: Final = timedelta(days=14)

Issuers = Callable[[], Mapping[int, Ed25519PublicKey]]
# By the whole entry: two rows of an upload may have one uuid, and the code of one proves that one.
Proofs = Mapping[messages_entries.Entry, bool | None]


def areas_of(
    session: Session, bridge_id: int, entries: Iterable[messages_entries.Entry] = ()
) -> dict[str, tuple[int, int]]:
    """Return (door, area) of each door that the bridge drives, by the door's public id.

    Of the doors of these entries also those that it drove before.
    """
    rows = session.execute(
        select(Door.public_id, Door.id, Door.area_id).where(Door.bridge_id == bridge_id)
    )
    areas = {str(public_id): (door_id, area_id) for public_id, door_id, area_id in rows}
    others = {one.door for one in entries} - areas.keys()
    # Almost no upload has any: no statement for nothing.
    return areas | (_areas_before(session, bridge_id, others) if others else {})


def _areas_before(
    session: Session, bridge_id: int, doors: Collection[str]
) -> dict[str, tuple[int, int]]:
    """Return (door, area) of doors that were given to another bridge since, as far as these are.

    A box may have been offline then, and still have entries of that door to send. It has written
    one at each start, so the service knows that it drove the door, and where that led.
    """
    known = {door: public_id for door in doors if (public_id := _uuid(door)) is not None}
    newest = (
        select(Entry.area_id)
        .where(Entry.door_id == Door.id, Entry.bridge_id == bridge_id)
        .order_by(Entry.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = {
        public_id: (door_id, area_id)
        for public_id, door_id, area_id in session.execute(
            select(Door.public_id, Door.id, newest).where(Door.public_id.in_(known.values()))
        )
        if area_id is not None
    }
    return {door: found[public_id] for door, public_id in known.items() if public_id in found}


def _uuid(door: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(door)
    except ValueError:
        return None


def needs_proof(entry: messages_entries.Entry) -> bool:
    """Whether the entry says that a person came in, or went out."""
    return entry.kind == "scan" and entry.granted


def proofs_of(
    session: Session,
    bridge_id: int,
    upload: messages_entries.Upload,
    issuers: Issuers,
    now: datetime,
) -> Proofs:
    """Return whether each granted scan is proven; None: the bridge's word counts.

    `issuers` returns the public keys that certificates of new phones are verified with.
    """
    bridge, granted = session.get_one(Bridge, bridge_id), _granted(upload)
    keys = _keys(session, {entry.kid for entry in granted if entry.kid is not None})
    words = _words_of(session, bridge, granted, now)
    certificates = any(entry.kid not in keys for entry in granted if entry.code is not None)
    known = issuers() if certificates else {}
    return {
        entry: is_proof(entry, keys.get(entry.kid or b""), known)
        if entry.code is not None
        else words(entry)
        for entry in granted
    }


def _granted(upload: messages_entries.Upload) -> list[messages_entries.Entry]:
    """Return the granted scans; what cannot be read is set aside later."""
    found = []
    for raw in upload.rows:
        try:
            entry = messages_entries.Entry.from_json(raw)
        except MessageError:
            continue
        if needs_proof(entry):
            found.append(entry)
    return found


def _words_of(
    session: Session, bridge: Bridge, granted: Sequence[messages_entries.Entry], now: datetime
) -> Callable[[messages_entries.Entry], bool | None]:
    """Return whether the bridge's word counts of an entry without a code: None, or False."""
    until = session.scalar(select(DoorPolicy.unproven_until))
    too_late = until is not None and helsinki_date(now - UPLOADED_WITHIN) > until
    # A bridge numbers entries as they happen, so what follows an entry with a code had one too.
    # The time of an entry alone says nothing: who has the box's key chooses it.
    coded = min((entry.seq for entry in granted if entry.code is not None), default=None)

    def word_of(entry: messages_entries.Entry) -> bool | None:
        at = occurred_at(entry)
        if too_late or (until is not None and helsinki_date(at) > until):
            return False
        if bridge.proves_since is None:
            return None
        follows = coded is not None and coded < entry.seq
        could_prove = at >= bridge.proves_since or follows or _follows_code(session, bridge, entry)
        return False if could_prove else None

    return word_of


def _follows_code(session: Session, bridge: Bridge, entry: messages_entries.Entry) -> bool:
    """Whether the last grant before this entry that counts was proven by its code."""
    before = select(Entry.proven).where(
        Entry.bridge_id == bridge.id,
        Entry.seq < entry.seq,
        Entry.kind == "scan",
        Entry.granted,
        # Not the invented ones, or the second would be believed.
        Entry.proven.is_not(False),
    )
    return bool(session.scalar(before.order_by(Entry.seq.desc()).limit(1)))


def _keys(session: Session, kids: Set[bytes]) -> dict[bytes, KnownKey]:
    rows = session.execute(
        select(Credential.kid, Credential.point, Member.holder)
        .join(Member, Member.id == Credential.member_id)
        .where(Credential.kid.in_(kids))
    )
    return {kid: KnownKey(point, holder) for kid, point, holder in rows}


def breaks(
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
