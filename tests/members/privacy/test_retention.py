"""Every declared table has a period or a reason, and after the period nobody is named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from tests.stored import stored_by
from tests.world.booking import NOW
from tests.world.doctor import build_service
from tests.world.lotteries import a_lottery, an_entry
from tests.world.marks import a_ban, a_mark
from zone.access.attendance.models import Attendance, Sighting
from zone.access.visits.models import Visit
from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.bookings import jobs as bookings_jobs
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.idempotency.models import StoredAnswer
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.core.time import day_window
from zone.feedback.accessibility import service as accessibility
from zone.feedback.answers import service as answers
from zone.feedback.surveys.models import Survey
from zone.members.email_changes.models import EmailChange
from zone.members.push.models import PushMessage, PushSubscription
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.passes.baskets.models import BasketLine, BasketVoucher
from zone.passes.catalogue.models import Product
from zone.passes.vouchers.service import add_voucher
from zone.places.terms.models import Season
from zone.places.terms.service import create_season
from zone.scheduler import JOBS
from zone.web.context import personal_data_of

ELSEWHERE = {"passes.delete_old_books", "passes.forget_visits"}
"""What these jobs delete may go only years after, or after the pass: see `tests/passes/retention`
and `tests/passes/visits`.
"""
A_YEAR_LATER = NOW + timedelta(days=400)


@pytest.fixture
def service(app: Flask, settings: Settings) -> Settings:
    """A service with bookings in each state, an ended waitlist entry, feedback and a mail sent."""
    stored_by(build_service, settings)
    with writing() as session:
        first, second, *_ = session.scalars(select(Booking).order_by(Booking.id))
        first.state, second.state = "attended", "no_show"
        mark = a_mark(second, session.get_one(Allocation, second.session_id))
        mark.appealed_at, mark.appeal_text = NOW, "I was ill"
        ban = a_ban(mark)
        ban.state = "ended"
        session.add_all([mark, ban])
        session.execute(
            insert(QueueEntry).values(
                public_id=new_public_id(),
                session_id=first.session_id,
                rank=1,
                member_id=first.member_id,
                state="expired",
                created_at=NOW,
            )
        )
        accessibility.receive(
            session,
            public_id=new_public_id(),
            message="The queue is hard to find.",
            email="aino@example.org",
            language="fi",
            settings=settings,
            now=NOW,
        )
        session.execute(update(OutboxMail).values(state="sent", done_at=NOW))
        survey, given = session.scalars(select(Survey)).one(), {"overall": 4}
        assert first.member_id is not None
        answers.insert_sealed(session, survey, first.member_id, {"given": given, "campus": None})
        session.add_all(_others(session, first))
    return settings


def _others(session: Session, booking: Booking) -> Iterator[Base]:
    """Yield rows of the tables that nothing above writes."""
    visit = session.scalars(select(Visit).where(Visit.member_id == booking.member_id)).one()
    at = {"occurred_at": NOW, "recorded_at": NOW}
    about = {"session_id": booking.session_id, "member_id": booking.member_id}
    yield Attendance(**about, visit_id=visit.id, booked=True, **at)
    other = select(Booking.member_id).where(Booking.id > booking.id).order_by(Booking.id).limit(1)
    seen = about | {"member_id": session.scalars(other).one()}
    yield Sighting(**seen, seen_by=booking.member_id, **at)
    lottery = a_lottery(session, booking.session_id, booking.member_id or 0)
    an_entry(session, lottery, member_id=booking.member_id, state="withdrawn")
    address = {"member_id": booking.member_id, "email": "new@zone.example"}
    yield EmailChange(**address, digest=b"code", created_at=NOW)
    yield StoredAnswer(actor_id=booking.member_id, key="k", digest=b"d", created_at=NOW)
    yield from _notifications(session, booking.member_id or 0)
    yield from _basket(session, booking.member_id or 0)


def _basket(session: Session, member_id: int) -> Iterator[Base]:
    product = session.scalars(select(func.min(Product.id))).one()
    yield BasketLine(member_id=member_id, product_id=product, added_at=NOW)
    voucher = add_voucher(
        session,
        name="Spring",
        code="SPRING",
        percent_bp=1000,
        cents=None,
        most_uses=1,
        products=[],
        valid_from=NOW.date(),
        valid_until=None,
        now=NOW,
    )
    yield BasketVoucher(member_id=member_id, voucher_id=voucher.id)


def _notifications(session: Session, member_id: int) -> Iterator[Base]:
    sign_in_sessions.open_session(session, member_id, now=NOW)
    signed_in = select(SignInSession.id).where(SignInSession.member_id == member_id)
    browser = PushSubscription(
        public_id=new_public_id(),
        member_id=member_id,
        session_id=session.scalars(signed_in.order_by(SignInSession.id.desc())).first(),
        endpoint="https://push.example/1",
        point=b"point",
        secret=b"secret",
        server_key="key",
        created_at=NOW,
    )
    session.add(browser)
    session.flush()
    yield PushMessage(
        subscription_id=browser.id,
        member_id=member_id,
        payload="",
        topic="topic",
        created_at=NOW,
        not_after=NOW,
        due_at=NOW,
        state="sent",
        done_at=NOW,
    )


def test_each_table_has_a_period_or_a_reason(app: Flask) -> None:
    jobs = {job.name for job in JOBS}
    for data in personal_data_of(app):
        assert (data.retention is None) == bool(data.reason), data.table
        assert data.retention is None or data.retention.job in jobs, data.table


def named_rows(app: Flask) -> dict[str, int]:
    """Return how many rows of each table with a period name a person."""
    counts = {}
    with reading() as session:
        for data in personal_data_of(app):
            table = Base.metadata.tables[data.table]
            if data.retention and data.retention.job not in ELSEWHERE:
                named = or_(*(table.c[column].is_not(None) for column in data.columns))
                counts[data.table] = (
                    session.scalar(select(func.count()).select_from(table).where(named)) or 0
                )
    return {table: count for table, count in counts.items() if count}


def check_nobody_is_named_after_the_period(app: Flask, settings: Settings) -> None:
    """The property: the jobs that the declarations name leave no name in their tables."""
    declared = {
        data.table: data.retention.job
        for data in personal_data_of(app)
        if data.retention and data.retention.job not in ELSEWHERE
    }
    assert named_rows(app).keys() == declared.keys(), "there is a row of each"
    ending = set(declared.values())
    for job in JOBS:
        if job.name in ending:
            job.run(settings, A_YEAR_LATER)
    assert named_rows(app) == {}


def test_after_a_year_nobody_is_named(app: Flask, service: Settings) -> None:
    check_nobody_is_named_after_the_period(app, service)


@pytest.mark.thorough
@pytest.mark.planted_fault("waitlists are left out")
def test_a_job_that_leaves_waitlists_out_fails_the_check(
    app: Flask, service: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitlist, "remove_members", lambda *_, **__: 0)
    with pytest.raises(AssertionError):
        check_nobody_is_named_after_the_period(app, service)


def states_named() -> set[str]:
    with reading() as session:
        named = select(Booking.state).where(Booking.member_id.is_not(None))
        return set(session.scalars(named))


def test_a_no_show_keeps_its_person_until_the_next_term(app: Flask, service: Settings) -> None:
    with reading() as session:
        start = session.scalars(select(ClassSession.starts_at).limit(1)).one()
        term = session.scalars(select(Season)).one()
    ends = day_window(term.ends_on)[1]
    with writing() as session:
        create_season(
            session,
            code="2027-spring",
            kind="spring",
            starts_on=term.ends_on + timedelta(days=20),
            ends_on=term.ends_on + timedelta(days=60),
            now=NOW,
        )
    bookings_jobs.remove_people(service, start + timedelta(days=60))
    assert states_named() == {"attended", "booked", "no_show"}
    bookings_jobs.remove_people(service, start + timedelta(days=100))
    assert states_named() == {"no_show"}
    bookings_jobs.remove_people(service, ends + timedelta(days=15))
    assert states_named() == {"no_show"}, "a mark counts between terms too"
    bookings_jobs.remove_people(service, ends + timedelta(days=21))
    assert states_named() == set()


def test_an_excused_no_show_keeps_its_person_no_longer_than_any_booking(
    app: Flask, service: Settings
) -> None:
    with writing() as session:
        start = session.scalars(select(ClassSession.starts_at).limit(1)).one()
        excused = session.scalars(select(Booking).where(Booking.state == "no_show")).one()
        excused.excused_at = start + timedelta(days=1)
        session.scalars(select(AttendanceMark)).one().state = "excused"
    bookings_jobs.remove_people(service, start + timedelta(days=100))
    assert states_named() == set()
    with reading() as session:
        mark = session.scalars(select(AttendanceMark)).one()
        assert (mark.member_id, mark.appeal_text, mark.decision_text) == (None, None, None)
