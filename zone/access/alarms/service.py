"""Alarms: opened once, cleared automatically, acknowledged by staff. Never commits."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.alarms import KINDS, UNKNOWN_WORD, parse_alarms
from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.queries import OPEN_ALARMS, door_words
from zone.access.alarms.rules import has_newer_word
from zone.access.bridges.models import Bridge
from zone.access.bridges.queries import was_silent
from zone.access.bridges.rules import SILENCE
from zone.access.doors.models import Door
from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id

LASTING: Final = and_(BridgeAlarm.seq.is_(None), BridgeAlarm.cleared_at.is_(None))


def update_alarms(session: Session, bridge_id: int, reported: str, now: datetime) -> None:
    """Open the alarms that a bridge reports, and clear those that it no longer reports.

    `reported` is the bridge's own list, as on the wire. A door with a word that the bridge is too
    old for has an alarm too: the bridge gets its safe side instead, and cannot report it.
    """
    doors = door_words(session, bridge_id)
    by_name = {str(door.public_id): door.id for door in doors}
    # Alarms about doors that belong to another bridge are ignored.
    present = {
        (kind, by_name.get(door))
        for kind, door in parse_alarms(reported)
        if not door or door in by_name
    }
    present |= {(UNKNOWN_WORD, door.id) for door in doors if has_newer_word(door)}
    # Only the kinds that bridges report: `offline` is the server's own, see `watch_silence`.
    lasting = session.execute(
        select(BridgeAlarm.id, BridgeAlarm.kind, BridgeAlarm.door_id).where(
            BridgeAlarm.bridge_id == bridge_id, BridgeAlarm.kind.in_(KINDS), LASTING
        )
    ).all()
    ended = [alarm_id for alarm_id, kind, door_id in lasting if (kind, door_id) not in present]
    session.execute(update(BridgeAlarm).where(BridgeAlarm.id.in_(ended)).values(cleared_at=now))
    open_alarms(session, [(bridge_id, kind, door_id) for kind, door_id in present], now)


def update_word_alarms(session: Session, now: datetime) -> None:
    """Open and clear the alarms about words that bridges are too old for."""
    bridges = session.execute(
        select(Bridge.id, Bridge.told)
        # What a bridge speaks is not known before it has signed on, and asked for changes.
        .where(Bridge.seen_at.is_not(None), Bridge.revoked_at.is_(None))
        .order_by(Bridge.id)
        # A poll changes the bridge's row before its alarms: this must not bring back older ones.
        # `key_share`: an upload, whose rows refer to the bridge, need not wait.
        .with_for_update(key_share=True)
    ).all()
    # A door's state may change while the bridge reports the same as before.
    for bridge_id, reported in bridges:
        update_alarms(session, bridge_id, reported, now)


def open_alarms(
    session: Session, alarms: Iterable[tuple[int, str, int | None]], now: datetime
) -> list[int]:
    """Open an alarm for each (bridge, kind, door) that has none; return the new ones' bridges."""
    # Sorted, because two writers that insert in different orders would deadlock.
    rows = [
        {
            "public_id": new_public_id(),
            "bridge_id": bridge_id,
            "kind": kind,
            "door_id": door_id,
            "recorded_at": now,
        }
        for bridge_id, kind, door_id in sorted(
            alarms, key=lambda alarm: (alarm[0], alarm[1], alarm[2] or 0)
        )
    ]
    # ON CONFLICT DO NOTHING on the partial indexes: an alarm that lasts is not opened again.
    return [row.bridge_id for row in insert_new(session, BridgeAlarm, rows, BridgeAlarm.bridge_id)]


def open_entry_alarms(
    session: Session,
    bridge_id: int,
    kind: str,
    seqs: Iterable[int],
    now: datetime,
    door_id: int | None = None,
) -> None:
    """Open an alarm about each of a bridge's entries that has none of this kind yet."""
    rows = [
        {
            "public_id": new_public_id(),
            "bridge_id": bridge_id,
            "door_id": door_id,
            "kind": kind,
            "seq": seq,
            "recorded_at": now,
        }
        for seq in sorted(set(seqs))
    ]
    # `uq_bridge_alarm_bridge_id_kind_seq`: an alarm of an entry is opened once, however often the
    # batch is sent.
    insert_new(session, BridgeAlarm, rows, BridgeAlarm.id)


def open_one_entry_alarm(
    session: Session,
    bridge_id: int,
    kind: str,
    seqs: Sequence[int],
    now: datetime,
    *,
    door_id: int | None = None,
) -> None:
    """Open an alarm about the first of these entries, unless one of its kind is open.

    `door_id`: the door that it is about, else it is about the bridge.
    """
    # One at a time, because a fault of this kind may be in every entry.
    is_open = exists().where(
        BridgeAlarm.bridge_id == bridge_id,
        BridgeAlarm.kind == kind,
        BridgeAlarm.seq.is_not(None),
        BridgeAlarm.door_id.is_not_distinct_from(door_id),
        OPEN_ALARMS,
    )
    if seqs and not session.scalar(select(is_open)):
        open_entry_alarms(session, bridge_id, kind, [min(seqs)], now, door_id)


def update_offline_alarms(session: Session, now: datetime) -> list[int]:
    """Open an `offline` alarm for each enrolled bridge that has been silent for 5 minutes.

    Clears the alarms of bridges that are back or revoked. Returns the bridges that have just gone
    offline.
    """
    enrolled = and_(Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None))
    silent = or_(
        was_silent(now),
        # A bridge that never reported is silent since its enrolment.
        and_(Bridge.seen_at.is_(None), Bridge.enrolled_at < now - SILENCE),
    )
    return _update_own(session, "offline", select(Bridge.id).where(enrolled, silent), now)


def update_revoked_alarms(session: Session, now: datetime) -> None:
    """Open a `revoked` alarm for each revoked bridge that still has doors; clear the others."""
    has_doors = exists().where(Door.bridge_id == Bridge.id)
    revoked = select(Bridge.id).where(Bridge.revoked_at.is_not(None), has_doors)
    _update_own(session, "revoked", revoked, now)


def _update_own(session: Session, kind: str, of_bridges: Select[int], now: datetime) -> list[int]:
    """Open an alarm that only the server notices for these bridges, and clear that of others."""
    present = session.scalars(of_bridges).all()
    session.execute(
        update(BridgeAlarm)
        .where(BridgeAlarm.kind == kind, LASTING, BridgeAlarm.bridge_id.not_in(present))
        .values(cleared_at=now)
    )
    return open_alarms(session, [(bridge_id, kind, None) for bridge_id in present], now)


def acknowledge(session: Session, alarm_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Record that a member of staff takes care of an alarm; the first one stays on record.

    Raises:
        DomainError: not_found, forbidden.
    """
    # The lock lets the second of two requests see that the first has acknowledged.
    alarm = session.scalar(
        select(BridgeAlarm).where(BridgeAlarm.public_id == alarm_id).with_for_update()
    )
    if alarm is None:
        raise DomainError(NOT_FOUND)
    campus_id = session.get_one(Bridge, alarm.bridge_id).campus_id
    actor.require(Permission.DOORS_WRITE, campus=campus_id)
    if alarm.acknowledged_at is not None:
        return
    alarm.acknowledged_at, alarm.acknowledged_by = now, actor.id
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="alarm.acknowledge",
        object_kind="alarm",
        object_id=alarm_id,
        after=alarm.kind,
        now=now,
    )
