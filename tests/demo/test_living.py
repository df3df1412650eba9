"""The demo is in the middle of a term, on whatever day it starts, and keeps every invariant."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.demo.term.test_term import check_sound
from zone.access.busyness.queries import busyness_by_campus
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.bookings.models import Booking
from zone.booking.lotteries.models import LotteryEntry
from zone.booking.reservations.models import Reservation
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date, to_helsinki, wall_clock_time
from zone.demo import living, supervisor
from zone.demo.term.changes import COUNTED, PAUSED, UPGRADED
from zone.feedback.answers.models import SurveyAnswer
from zone.members.people.models import Member
from zone.members.people.queries import member_by_email
from zone.passes.orders.models import OrderLine
from zone.passes.passes.queries import passes_of
from zone.passes.visits.models import VisitReturn
from zone.places.spaces.models import Space
from zone.places.terms.queries import season_on

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.slow]


def states_of(session: Session, email: str, now: datetime) -> list[str]:
    member = member_by_email(session, email)
    assert member is not None
    return [held.state for held in passes_of(session, member.id, now)]


def check_lives(settings: Settings, now: datetime) -> None:
    """Check that each page of the demo has something to show at `now`."""
    with reading() as session:
        check_sound(session)
        assert session.scalar(select(func.count()).select_from(Member)) >= 800  # type: ignore[operator]  # a count is no None
        term = season_on(session, helsinki_date(now))
        assert term is not None
        assert term.starts_on < helsinki_date(now) < term.ends_on
        week = ClassSession.starts_at.between(now - timedelta(days=7), now)
        classes = select(func.count()).where(week, ClassSession.kind == "class")
        assert session.scalar(classes) >= 60  # type: ignore[operator]  # a count is no None
        campuses = select(func.count(Space.campus_id.distinct())).join(
            ClassSession, ClassSession.space_id == Space.id
        )
        assert session.scalar(campuses) == 7
        assert session.scalar(select(QueueEntry.id).limit(1)), "somebody waits"
        offered = session.scalars(select(QueueEntry).where(QueueEntry.state == "offered")).all()
        assert [entry.offered_until > now for entry in offered if entry.offered_until] == [True]
        appealed = select(AttendanceMark.id).where(AttendanceMark.appealed_at.is_not(None))
        assert session.scalar(appealed), "staff have an appeal to decide"
        assert session.scalar(select(Reservation.id).where(Reservation.kind == "block"))
        assert states_of(session, PAUSED[0], now) == ["paused"]
        assert sorted(states_of(session, UPGRADED[0], now)) == ["upgraded", "valid"]
        assert states_of(session, COUNTED[0], now) == ["valid"]
        assert session.scalar(select(VisitReturn.id).limit(1)), "the desk has given a visit back"
        entered = select(func.count()).where(LotteryEntry.state == "entered")
        assert session.scalar(entered) == 20, "people have entered a lottery"
        courts = select(Booking.id).join(Reservation, Reservation.id == Booking.session_id)
        assert session.scalar(courts.limit(1)), "somebody plays"
        recent = (
            select(func.count())
            .select_from(Visit)
            .where(Visit.occurred_at > now - timedelta(days=2))
        )
        assert session.scalar(recent) > 20  # type: ignore[operator]  # a count is no None
        assert session.scalar(select(Entry.id).where(Entry.granted.is_(False)).limit(1))
        assert session.scalar(select(func.count()).select_from(SurveyAnswer)) > 300  # type: ignore[operator]  # a count is no None
        if 16 <= to_helsinki(now).hour <= 18:
            levels = {one.level for one in busyness_by_campus(session, now).values()}
            assert levels == {"quiet", "some", "busy"}
        lines = select(func.count(OrderLine.institution_code.distinct()))
        assert session.scalar(lines) == 6


@pytest.mark.thorough
@pytest.mark.parametrize(
    "at",
    [
        "2027-03-25T17:30",
        *(
            pytest.param(at, marks=pytest.mark.thorough)
            for at in (
                "2026-12-24T12:00",
                "2027-01-02T09:00",
                "2027-03-28T04:05",
                "2027-07-05T20:15",
                "2027-08-16T07:00",
                "2026-10-25T03:30",
                "2028-02-29T23:55",
            )
        ),
    ],
)
def test_the_demo_starts_in_the_middle_of_a_term(app: Flask, settings: Settings, at: str) -> None:
    now = wall_clock_time(at)
    supervisor.seed(settings, now)
    living.fill(settings, now)
    check_lives(settings, now)
    with reading() as session:
        people = session.scalar(select(func.count()).select_from(Member))
    living.fill(settings, now + timedelta(hours=1))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Member)) == people, "filled once"
