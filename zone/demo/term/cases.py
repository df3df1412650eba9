"""What staff and people have to decide about just now: a place that is offered, an appeal against a
mark, and a space that is kept free. By the service's own rules.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.blocks.service import block_space
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist import service as waitlist
from zone.core.errors import DomainError
from zone.core.identity import Actor, Role
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.term.people import TermMember
from zone.members.people.queries import member_by_email
from zone.places.spaces.models import Space

OFFERED_TO: Final = "booked@zone.example"
MANAGER: Final = "manager@zone.example"
LATE: Final = timedelta(minutes=150)
"""This near to the start, a place that comes free is offered and no longer booked by itself."""
SMALL: Final = ClassDetails(
    kind="online",
    name_fi="Pienryhmän liikkuvuus etänä",
    name_sv="Rörlighet i liten grupp på nätet",
    name_en="Small-group mobility online",
    category="mind",
    space_id=None,
    capacity=1,
    bookable_percent=100,
)
APPEAL: Final = "Olin paikalla, mutta puhelimeni akku loppui ovella. Ohjaaja näki minut."
BLOCK: Final = ("hall", "Salin lattian vahaus", time(22, 15), time(23, 45))
"""The code of a space, what it is kept free for, and from when until when, in two days."""


def load(session: Session, people: Sequence[TermMember], now: datetime) -> None:
    """Store one of each."""
    _offer(session, people, now)
    _appeal(session, now)
    _block(session, now)


def _offer(session: Session, people: Sequence[TermMember], now: datetime) -> None:
    waits = member_by_email(session, OFFERED_TO)
    if waits is None:
        return
    start = now.replace(second=0, microsecond=0) + LATE
    end, before = start + timedelta(minutes=45), now - timedelta(hours=3)
    small = sessions.create_session(session, SMALL, start, end, now=before)
    booking = _first_booking(session, people, small, before)
    if booking is None or booking.member_id is None:
        return
    waitlist.join(session, member_id=waits.id, class_session=small.public_id, now=now)
    bookings.cancel(session, member_id=booking.member_id, booking=booking.public_id, now=now)


def _first_booking(
    session: Session, people: Sequence[TermMember], small: ClassSession, now: datetime
) -> Booking | None:
    for person in people:
        try:
            with session.begin_nested():  # takes back the seat of a person who may not have it
                return bookings.book(
                    session, member_id=person.id, class_session=small.public_id, now=now
                )
        except DomainError:  # of another right, or busy then
            continue
    return None


def _appeal(session: Session, now: datetime) -> None:
    newest = (
        select(AttendanceMark)
        .where(AttendanceMark.state == "counting", AttendanceMark.member_id.is_not(None))
        .order_by(AttendanceMark.id.desc())
        .limit(1)
    )
    mark = session.scalar(newest)
    if mark is not None and mark.member_id is not None:
        attendance_marks.appeal(
            session, member_id=mark.member_id, mark=mark.public_id, text=APPEAL, now=now
        )


def _block(session: Session, now: datetime) -> None:
    code, note, begins, ends = BLOCK
    space = session.scalar(select(Space).where(Space.code == code).limit(1))
    manager = member_by_email(session, MANAGER)
    if space is None or manager is None:
        return
    day = helsinki_date(now) + timedelta(days=2)
    span = (from_helsinki(day, begins), from_helsinki(day, ends))
    actor = Actor("person", manager.id, manager.public_id, frozenset({Role.MANAGER}))
    block_space(session, actor, space.public_id, span, note, now=now)
