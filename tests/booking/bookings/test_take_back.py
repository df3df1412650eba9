"""Until when a booking can be cancelled: one limit, on every page, in every mail, in the API."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from tests.world.booking import NOW, World, a_member, a_person, a_session, class_details
from tests.world.courts import book as book_court
from tests.world.rendered_forms import text_of
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.messages import jobs as messages_jobs
from zone.booking.messages.service import write_reminder
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import TAKE_BACK, Policy
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.views import SessionView
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.formats import format_moment
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date, to_helsinki

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
START = NOW + timedelta(hours=5)
LIMIT = START - timedelta(hours=2)


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    with writing() as session:
        return a_session(session, world, start=START)


@pytest.fixture
def anna_id(app: Flask, world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna")


@pytest.mark.parametrize(
    ("booked_at", "until"),
    [
        (LIMIT - timedelta(days=1), LIMIT),
        (LIMIT - 10 * MINUTE, LIMIT),
        (LIMIT - 4 * MINUTE, LIMIT + 6 * MINUTE),
        (LIMIT + SECOND, LIMIT + SECOND + 10 * MINUTE),
        (START - 30 * MINUTE, START - 20 * MINUTE),
        (START - 3 * MINUTE, START),  # where the policy lets people book so late
    ],
)
def test_the_limit(booked_at: datetime, until: datetime) -> None:
    assert Policy().cancel_until(START, booked_at) == until


@pytest.mark.parametrize("late", [timedelta(), 60 * MINUTE, 90 * MINUTE])
def test_a_late_booking_is_taken_back_within_ten_minutes(
    yoga: ClassSession, anna_id: int, late: timedelta
) -> None:
    at = LIMIT + late
    for _ in range(2):  # and booked again
        with writing() as session:
            made = bookings.book(session, member_id=anna_id, class_session=yoga.public_id, now=at)
        with pytest.raises(DomainError, match="cancel_too_late"), writing() as session:
            after = at + TAKE_BACK + SECOND
            bookings.cancel(session, member_id=anna_id, booking=made.public_id, now=after)
        with reading() as session:
            assert (
                bookings_queries.booking_view(session, anna_id, made.public_id, at).cancel_until
                == at + TAKE_BACK
            )
            [mail] = session.scalars(select(OutboxMail).where(OutboxMail.created_at == at)).all()
            assert format_moment(at + TAKE_BACK, "en") in mail.body
        with writing() as session:
            bookings.cancel(session, member_id=anna_id, booking=made.public_id, now=at + TAKE_BACK)
            session.execute(delete(OutboxMail))


def test_a_late_court_is_taken_back_too(world: World, anna_id: int) -> None:
    at = LIMIT + MINUTE
    made = book_court(anna_id, world.court_1, START, now=at)
    with writing() as session:
        bookings.cancel(session, member_id=anna_id, booking=made.public_id, now=at + TAKE_BACK)


def test_a_reminder_asks_nobody_to_cancel_who_cannot(
    yoga: ClassSession, anna_id: int, settings: Settings
) -> None:
    with writing() as session:
        early = START - timedelta(days=2)
        bookings.book(session, member_id=anna_id, class_session=yoga.public_id, now=early)
    messages_jobs.remind(settings, LIMIT + MINUTE)
    with reading() as session:
        query = select(OutboxMail.body).where(OutboxMail.template.startswith("booking/reminder"))
        body = session.scalars(query).one()
    assert "too late to cancel" in body
    assert "give up your place" not in body


@pytest.mark.engines("sqlite")
def test_a_stricter_policy_holds_for_later_bookings(
    app: Flask, world: World, anna: FlaskClient, now: datetime, settings: Settings
) -> None:
    """Who was told two hours can cancel until then, and every page, mail and refusal says so."""
    start = now + timedelta(hours=5)
    with writing() as session:
        row = a_session(session, world, start=start, now=now)
    path, limit = f"/classes/{row.public_id}", start - timedelta(hours=2)
    until = format_moment(limit, "en")
    assert anna.post(f"{path}/book").status_code == 303
    change_the_policy(cancel_minutes=360)
    for page in (anna.get(path).text, anna.get("/bookings").text):
        assert f"You can cancel until {shown(limit, now)}." in text_of(page)
    [booking] = anna.get("/api/v1/me/bookings").get_json()["bookings"]
    assert datetime.fromisoformat(booking["cancel_until"]) == start - timedelta(hours=2)
    with writing() as session:
        made = session.scalars(select(Booking)).one()
        write_reminder(session, made, row, Policy(cancel_minutes=360), now)
        reminder = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
        assert reminder is not None
        assert until in reminder.body
    late = start - timedelta(minutes=119)
    with pytest.raises(DomainError) as refusal, writing() as session:
        anna_id = session.scalars(select(Booking.member_id)).one()
        assert anna_id is not None
        bookings.cancel(session, member_id=anna_id, booking=made.public_id, now=late)
    assert refusal.value.params["cancel_minutes"] == 120
    later = a_person(app, world, "later", now)
    assert later.post(f"{path}/book").status_code == 303
    assert shown(limit, now) not in text_of(later.get(path).text)
    assert anna.delete(f"/api/v1/bookings/{booking['id']}").status_code == 200


@pytest.mark.engines("sqlite")
def test_a_policy_that_allows_more_holds_for_all(
    world: World, anna: FlaskClient, now: datetime
) -> None:
    start = now + timedelta(hours=5)
    with writing() as session:
        row = a_session(session, world, start=start, now=now)
    assert anna.post(f"/classes/{row.public_id}/book").status_code == 303
    change_the_policy(cancel_minutes=30)
    until = shown(start - timedelta(minutes=30), now)
    assert f"You can cancel until {until}." in text_of(anna.get("/bookings").text)


def shown(at: datetime, now: datetime) -> str:
    """Return a limit as pages write it: of today the clock time."""
    today = helsinki_date(at) == helsinki_date(now)
    local = to_helsinki(at)
    return f"{local.hour}.{local:%M} today" if today else format_moment(at, "en")


def change_the_policy(**numbers: int) -> None:
    with writing() as session:
        session.add(BookingPolicy(**numbers))


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("hours", [26, 1])
def test_all_pages_agree(world: World, anna: FlaskClient, now: datetime, hours: int) -> None:
    """The class, the list, the court and the API name one limit, and offer the button alike."""
    start = now + timedelta(hours=hours)
    with writing() as session:
        row = a_session(session, world, start=start, now=now, offer=class_details(world))
    path = f"/classes/{row.public_id}"
    before = anna.get(path).text
    assert ("You can take it back for 10 minutes" in before) == (hours == 1)
    assert anna.post(f"{path}/book").status_code == 303
    [booking] = anna.get("/api/v1/me/bookings").get_json()["bookings"]
    until = shown(datetime.fromisoformat(booking["cancel_until"]), now)
    for page, action in (
        (path, f"{path}/cancel"),
        ("/bookings", f"/bookings/{booking['id']}/cancel"),
    ):
        html = anna.get(page).text
        assert f"You can cancel until {until}." in text_of(html)
        assert f'action="{action}"' in html


@pytest.mark.engines("sqlite")
def test_no_page_offers_what_would_be_refused(
    world: World, anna: FlaskClient, now: datetime
) -> None:
    with writing() as session:
        row = a_session(session, world, start=now + timedelta(hours=1), now=now)
    assert anna.post(f"/classes/{row.public_id}/book").status_code == 303
    long_ago = now - timedelta(hours=5)
    with writing() as session:
        session.execute(update(Booking).values(created_at=long_ago, cancel_until=None))
    assert "/cancel" not in anna.get("/classes").text
    for path in (f"/classes/{row.public_id}", "/bookings"):
        page = anna.get(path).text
        assert "Can be cancelled late only" in page, path
        assert page.count("/cancel") == page.count('name="late" value="yes"') == 1, path


@pytest.mark.planted_fault("a page with a limit of its own")
@pytest.mark.engines("sqlite")
def test_a_page_with_a_limit_of_its_own_fails_the_check(
    world: World, anna: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        SessionView,
        "cancel_until",
        lambda view, policy: view.starts_at - timedelta(minutes=policy.cancel_minutes),
    )
    with pytest.raises(AssertionError):
        test_all_pages_agree(world, anna, now, 1)
