"""Load what attendance is recorded from: the sessions around visits, and what is known of doors.

One statement for the sessions, and eight for the doors that prove presence in some spaces.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.entries import KINDS
from zone.access.alarms.models import BridgeAlarm
from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.rules import AGO, DoorEvidence, Fault, SessionOfVisit, VisitOfMember
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import SILENCE, BridgeConnection
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine
from zone.access.shutdowns.queries import times_shut
from zone.access.visits.models import Visit
from zone.booking.activities.rules import UNATTENDED_KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.audit.queries import latest_actions
from zone.core.db.prepared_select import PreparedSelect
from zone.core.time import Window
from zone.places.spaces.models import Space

APART: Final = ARRIVE_BEFORE + ARRIVE_AFTER
"""Two entries that count for the same session are no further apart than this."""

BridgeOfDoor = Mapping[int, int | None]
"""The bridge that drives each door, by their ids; None: no bridge does."""

UNSEEN: Final = (
    "forced_open",
    "held_open",
    "held_open_warning",
    "opened_by_desk",
    "relay_fault",
    "released",
    "started",
)
"""Entries after which people may have come in unseen, or not at all, for a while."""

A_WHILE: Final = timedelta(minutes=30)

LASTING: Final = {
    "reader_lost": ("reader_back",),
    # A bridge that starts reports a door that is still open to everybody once more.
    "released": ("release_ended", "started"),
}
"""Entries that begin a time in which people come in unseen, each with those that end it."""
LASTS_SINCE: Final = timedelta(days=30)
"""How far back these entries are searched. A reader lost for longer still has its open alarm."""

CHANGING: Final = ("area.change", "area.create", "door.change", "door.create")
"""What staff do to a door or its area, by the names in the audit."""

NO_FAULT: Final = ("code_used_twice", "forced_open", "journal_filling", "unreadable")
"""Alarms that do not mean that somebody was missed: anybody can hold junk to a reader, entries
that wait to be sent are known by their number, and a forced door by its entry."""


_area, _area_space = Area.__table__, AreaSpace.__table__
_session, _space, _booking = Allocation.__table__, Space.__table__, Booking.__table__


def _select_sessions(
    areas: ColumnElement[bool], members: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Select the sessions at the campus of some areas, with the bookings of some members."""
    own = and_(_booking.c.session_id == _session.c.id, _booking.c.state != "cancelled", members)
    held = and_(_area_space.c.area_id == _area.c.id, _area_space.c.space_id == _space.c.id)
    return (
        select(
            _area.c.id.label("area_id"),
            _session.c.id.label("session_id"),
            _session.c.starts_at,
            and_(_area.c.proves_presence, _area_space.c.space_id.is_not(None)).label("proven"),
            _booking.c.id.label("booking_id"),
            _booking.c.member_id,
            _booking.c.state,
        )
        .select_from(
            _area.join(_space, _space.c.campus_id == _area.c.campus_id)
            .join(_session, _session.c.space_id == _space.c.id)
            .outerjoin(_area_space, held)
            .outerjoin(_booking, own)
        )
        .where(
            areas,
            _session.c.state != "cancelled",
            # Not IN, whose list SQLAlchemy renders anew at each execution.
            *(_session.c.kind != kind for kind in UNATTENDED_KINDS),
            _session.c.starts_at.between(bindparam("first"), bindparam("last")),
        )
        .order_by(_session.c.starts_at, _session.c.id)
    )


# Made once: each check-in at the desk runs the one, each upload of a bridge the other.
_OF_ONE: Final = PreparedSelect(
    _select_sessions(_area.c.id == bindparam("areas"), _booking.c.member_id == bindparam("members"))
)
_OF_MANY: Final = _select_sessions(
    _area.c.id.in_(bindparam("areas", expanding=True)),
    _booking.c.member_id.in_(bindparam("members", expanding=True)),
)


def sessions_around(
    session: Session, visits: Collection[VisitOfMember]
) -> dict[int, list[SessionOfVisit]]:
    """Return the sessions that each visit may belong to, by start; every visit is a key.

    They start up to 30 min after the visit, or up to 15 min before it, both included.
    """
    if not visits:
        return {}
    times = [visit.occurred_at for visit in visits]
    areas = sorted({visit.area_id for visit in visits})
    members = sorted({visit.member_id for visit in visits})
    span = {"first": min(times) - ARRIVE_AFTER, "last": max(times) + ARRIVE_BEFORE}
    connection = session.connection()
    rows = (
        _OF_ONE.fetch(connection, areas=areas[0], members=members[0], **span)
        if len(visits) == 1
        else connection.execute(_OF_MANY, {"areas": areas, "members": members, **span})
    )
    sessions: dict[int, dict[int, SessionOfVisit]] = defaultdict(dict)
    booked: dict[tuple[int, int], Any] = {}
    for row in rows:
        known = SessionOfVisit(row.session_id, row.starts_at, bool(row.proven))
        sessions[row.area_id][row.session_id] = known
        if row.booking_id is not None:
            booked[row.session_id, row.member_id] = row
    return {
        visit.visit_id: [
            _with_booking(one, booked.get((one.session_id, visit.member_id)))
            for one in sessions[visit.area_id].values()
            if one.starts_at - ARRIVE_BEFORE <= visit.occurred_at <= one.starts_at + ARRIVE_AFTER
        ]
        for visit in visits
    }


def _with_booking(one: SessionOfVisit, booking: Any) -> SessionOfVisit:
    if booking is None:
        return one
    return replace(one, booking_id=booking.booking_id, missed=booking.state == "no_show")


def visits_of(session: Session, condition: ColumnElement[bool]) -> list[VisitOfMember]:
    """Return the visits that meet the condition, and whose person is known."""
    rows = session.execute(
        select(Visit.id, Visit.member_id, Visit.area_id, Visit.occurred_at, Visit.source).where(
            condition
        )
    )
    return [
        VisitOfMember(visit_id, member_id, area_id, at, source == "desk")
        for visit_id, member_id, area_id, at, source in rows
        if member_id is not None
    ]


def visits_nearby(
    session: Session, retracted: Iterable[tuple[int, datetime]]
) -> Iterator[VisitOfMember]:
    """Yield the visits that may prove the attendance of a retracted one instead.

    `retracted` holds (member, time) of each attendance that was retracted.
    """
    for member_id, at in retracted:
        near = Visit.occurred_at.between(at - APART, at + APART)
        same = and_(Visit.member_id == member_id, Visit.retracted_at.is_(None), near)
        yield from visits_of(session, same)


def evidence_of_spaces(
    session: Session, space_ids: Collection[int], within: Window
) -> dict[int, list[DoorEvidence]]:
    """Return the doors that prove presence in each space, with their faults around a time."""
    rows = session.execute(
        select(
            AreaSpace.space_id, Door.id, Door.bridge_id, Door.state, Bridge, Area.name, Door.name
        )
        .join(Area, Area.id == AreaSpace.area_id)
        .join(Door, Door.area_id == Area.id)
        # Outer: a door that no bridge drives lets people in unseen.
        .outerjoin(Bridge, Bridge.id == Door.bridge_id)
        .where(AreaSpace.space_id.in_(space_ids), Area.proves_presence)
        .order_by(Door.id)
    ).all()
    doors = {door_id: bridge_id for _, door_id, bridge_id, *_ in rows}
    faults: dict[int, list[Fault]] = defaultdict(list)
    for door_id, fault in (
        *_alarms(session, doors, within),
        *_changes(session, doors, within),
        *_shut(session, doors, within),
        *_unread_entries(session, doors, within),
        *_unseen(session, doors, within),
        *_lasting(session, doors, within),
    ):
        faults[door_id].append(fault)
    evidence: dict[int, list[DoorEvidence]] = {space_id: [] for space_id in space_ids}
    for space_id, door_id, _, state, bridge, *names in rows:
        usual = state == "normal"
        known = faults[door_id] + _before_it_drove(bridge)
        evidence[space_id].append(DoorEvidence(_connection(bridge), usual, known, ": ".join(names)))
    return evidence


def _before_it_drove(bridge: Bridge | None) -> list[Fault]:
    # A bridge that was enrolled today has uploaded all that it has: nothing of yesterday.
    return [] if bridge is None or bridge.enrolled_at is None else [(AGO, bridge.enrolled_at)]


def _connection(bridge: Bridge | None) -> BridgeConnection | None:
    if bridge is None or bridge.revoked_at is not None:
        return None
    return BridgeConnection(bridge.online_since, bridge.seen_at, bridge.backlog)


def _changes(session: Session, doors: BridgeOfDoor, within: Window) -> Iterator[tuple[int, Fault]]:
    """Yield the times before doors or their areas were made, or got what they have now.

    The rows say how they are now. A door that was blocked then, that another bridge drove, or whose
    area did not prove presence, has missed everybody.
    """
    rows = session.execute(
        select(Door.id, Door.public_id, Area.public_id)
        .join(Area, Area.id == Door.area_id)
        .where(Door.id.in_(doors))
    ).all()
    objects = {str(public_id) for row in rows for public_id in row[1:]}
    changed = latest_actions(session, CHANGING, objects, within[0])
    for door_id, *public_ids in rows:
        for public_id in map(str, public_ids):
            if public_id in changed:
                yield door_id, (AGO, changed[public_id])


def _shut(session: Session, doors: BridgeOfDoor, within: Window) -> Iterator[tuple[int, Fault]]:
    for door_id, shut_at, lifted_at in times_shut(session, doors, within[0]):
        yield door_id, (shut_at or AGO, lifted_at)


def _alarms(session: Session, doors: BridgeOfDoor, within: Window) -> Iterator[tuple[int, Fault]]:
    rows = session.execute(
        select(
            BridgeAlarm.bridge_id,
            BridgeAlarm.door_id,
            BridgeAlarm.seq,
            BridgeAlarm.recorded_at,
            BridgeAlarm.cleared_at,
        ).where(
            BridgeAlarm.bridge_id.in_(set(doors.values())),
            BridgeAlarm.kind.not_in(NO_FAULT),
            or_(
                BridgeAlarm.cleared_at.is_(None),
                BridgeAlarm.cleared_at >= within[0],
            ),
        )
    )
    for bridge_id, about_door, seq, recorded_at, cleared_at in rows:
        # An alarm about an entry is never cleared. Entries that were changed or removed, or that
        # cannot be read, may be of any time before somebody noticed. A state lasts for up to five
        # minutes before it is an alarm.
        of_entry, of_state = (AGO, recorded_at), (recorded_at - SILENCE, cleared_at)
        fault: Fault = of_state if seq is None else of_entry
        for door_id, its_bridge in doors.items():
            if its_bridge == bridge_id and about_door in (None, door_id):
                yield door_id, fault


def _unread_entries(
    session: Session, doors: BridgeOfDoor, within: Window
) -> Iterator[tuple[int, Fault]]:
    rows = session.execute(
        select(Quarantine.bridge_id, Quarantine.recorded_at).where(
            Quarantine.bridge_id.in_(set(doors.values())), Quarantine.recorded_at >= within[0]
        )
    )
    for bridge_id, recorded_at in rows:
        for door_id, its_bridge in doors.items():
            if its_bridge == bridge_id:
                yield door_id, (AGO, recorded_at)


def _unseen(session: Session, doors: BridgeOfDoor, within: Window) -> Iterator[tuple[int, Fault]]:
    rows = session.execute(
        select(Entry.door_id, Entry.kind, Entry.occurred_at).where(
            Entry.door_id.in_(doors),
            # A newer bridge's word, too: it may say any of this.
            or_(Entry.kind.in_(UNSEEN), Entry.kind.not_in(KINDS)),
            Entry.occurred_at.between(within[0] - A_WHILE, within[1] + SILENCE),
        )
    )
    for door_id, kind, at in rows:
        # A bridge that starts was down before, for less than the silence that is an alarm.
        yield door_id, (at - SILENCE if kind == "started" else at, at + A_WHILE)


def _lasting(session: Session, doors: BridgeOfDoor, within: Window) -> Iterator[tuple[int, Fault]]:
    named = {kind for begins, ends in LASTING.items() for kind in (begins, *ends)}
    rows = session.execute(
        select(Entry.door_id, Entry.kind, Entry.occurred_at)
        .where(
            Entry.door_id.in_(doors),
            Entry.kind.in_(named),
            Entry.occurred_at >= within[0] - LASTS_SINCE,
        )
        .order_by(Entry.occurred_at, Entry.id)
    )
    begun: dict[tuple[int, str], datetime] = {}
    for door_id, kind, at in rows:
        for begins, ends in LASTING.items():
            if kind in ends and (door_id, begins) in begun:
                yield door_id, (begun.pop((door_id, begins)), at)
        if kind in LASTING:
            begun.setdefault((door_id, kind), at)
    for (door_id, _), since in begun.items():
        yield door_id, (since, None)
