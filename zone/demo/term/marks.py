"""Marks for the bookings of the past term that were not used, with the bans that they begin."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.attendance_marks.rules import (
    NO_SHOW,
    DoorHeard,
    Evidence,
    SeatDemand,
    deserves_mark,
    evidence_text,
)
from zone.booking.booking_bans.service import begin_due
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.places.spaces.models import Space

SETTLED_AFTER: Final = timedelta(minutes=20)


def load(session: Session, now: datetime, chance: random.Random) -> None:
    """Make the marks of all bookings that were not used, in the order of time."""
    query = (
        select(
            Booking.id,
            Booking.member_id,
            Allocation.on_day,
            Allocation.ends_at,
            Allocation.bookable,
            Allocation.booked,
            Space.name_en,
        )
        .join(Allocation, Allocation.id == Booking.session_id)
        .join(Space, Space.id == Allocation.space_id)
        .where(Booking.state == "no_show", Booking.member_id.is_not(None))
        .order_by(Allocation.ends_at, Booking.id)
    )
    numbers, rows, people = ids(session, AttendanceMark), list[Row](), defaultdict[int, int](int)
    for booking, member, day, end, places, booked, space in session.execute(query).all():
        heard = DoorHeard(f"{space}: {space}", end + SETTLED_AFTER)
        evidence = Evidence(SeatDemand(places, booked), (heard,))
        if deserves_mark(NO_SHOW, evidence):
            people[member or 0] += 1
            rows.append(
                {
                    "id": next(numbers),
                    "public_id": random_id(chance),
                    "kind": NO_SHOW,
                    "booking_id": booking,
                    "member_id": member,
                    "on_day": day,
                    "occurred_at": end,
                    "recorded_at": end + SETTLED_AFTER,
                    "evidence": evidence_text(evidence),
                    "state": "counting",
                }
            )
    write(session, AttendanceMark, rows)
    write(session, AttendanceMarkEvent, _noticed(session, rows))
    policy = policies_queries.current(session, now)
    for member, count in sorted(people.items()):
        if count >= policy.no_shows:
            begin_due(session, member, now)


def _noticed(session: Session, marks: Iterable[Row]) -> Iterable[Row]:
    for number, mark in zip(ids(session, AttendanceMarkEvent), marks, strict=False):
        at = {"occurred_at": mark["recorded_at"], "recorded_at": mark["recorded_at"]}
        yield {"id": number, "mark_id": mark["id"], "kind": "noticed", **at}
