"""Times around the nights in which the clock changes: what people count is the wall clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_member, a_session
from tests.world.courts import reasons
from zone.booking.booking_bans.rules import CountedMark, due_bans
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import BOOKING_NOT_OPEN
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.resolution import Policies
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context as reservations_context
from zone.booking.reservations.rules import bookable_now
from zone.booking.sessions import queries as sessions_queries
from zone.booking.weekly_classes.rules import ClockChange, Weekly, clock_changes
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.formats import format_moment
from zone.core.time import from_helsinki, helsinki_date, shift_days, to_helsinki
from zone.places.spaces.queries import space_by_id
from zone.web import filters

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
TWO_DAYS = timedelta(days=2)
CHANGES = pytest.mark.parametrize("night", [SPRING, AUTUMN])
POLICY = Policy()


def at(day: date, clock: str, fold: int = 0) -> datetime:
    return from_helsinki(day, time.fromisoformat(clock), fold=fold)


@CHANGES
def test_booking_opens_at_the_same_clock_time_a_week_before(
    app: Flask, world: World, night: date
) -> None:
    start = at(night + TWO_DAYS, "17:30")
    opens = at(night + TWO_DAYS - timedelta(days=7), "17:30")
    with writing() as session:
        anna = a_member(session, world, "anna", now=opens)
        yoga = a_session(session, world, start=start, now=opens - TWO_DAYS).public_id
    with pytest.raises(DomainError) as refusal, writing() as session:
        early = opens - timedelta(seconds=1)
        bookings.book(session, member_id=anna, class_session=yoga, now=early)
    assert [reason.code for reason in refusal.value.reasons] == ["booking_not_open"]
    with reading() as session:
        view = sessions_queries.session_view(session, yoga)
    assert view.opens_at(Policies()) == opens
    assert view.status(Policies(), opens - timedelta(seconds=1)) == "soon"
    assert view.status(Policies(), opens) == "free"
    with writing() as session:
        bookings.book(session, member_id=anna, class_session=yoga, now=opens)


@CHANGES
def test_courts_open_at_the_same_clock_time_a_week_before(
    app: Flask, world: World, night: date
) -> None:
    day = night + TWO_DAYS
    now = at(day - timedelta(days=7), "17:30")
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    with reading() as session:
        courts = reservations_context.courts_of_campus(session.connection(), [day], POLICY)
    free = [to_helsinki(start.starts_at).time() for start in courts.free(now)[world.court_1]]
    assert max(free) == time(17, 30)
    assert reasons(anna, world.court_1, at(day, "18:00"), now=now) == ["booking_not_open"]
    assert reasons(anna, world.court_1, at(day, "17:30"), now=now) == []


@CHANGES
def test_a_pause_ends_at_the_same_clock_time(night: date) -> None:
    missed = at(night - TWO_DAYS, "18:30")
    marks = [CountedMark(1, missed - timedelta(days=1)), CountedMark(2, missed)]
    [ban] = due_bans(marks, POLICY)
    assert ban.ends_at == at(night - TWO_DAYS + timedelta(days=14), "18:30")


@pytest.mark.parametrize(
    ("starts_at", "days", "shifted"),
    [
        # The clock skips 3.30 on the day before: booking opens at 4.30.
        (at(SPRING + timedelta(days=7), "03:30"), -7, at(SPRING, "04:30")),
        # The clock repeats 3.30: booking opens the first time, and does not close in between.
        (at(AUTUMN + timedelta(days=7), "03:30"), -7, at(AUTUMN, "03:30")),
        (at(AUTUMN, "03:30", fold=1), -7, at(AUTUMN - timedelta(days=7), "03:30")),
        (at(AUTUMN, "03:30"), 0, at(AUTUMN, "03:30")),
    ],
)
def test_skipped_and_repeated_times_are_shifted(
    starts_at: datetime, days: int, shifted: datetime
) -> None:
    assert shift_days(starts_at, days) == shifted


@pytest.mark.parametrize("days", [0, 1, 7, 30])
@CHANGES
def test_what_is_offered_is_what_the_rules_allow(night: date, days: int) -> None:
    """Every half hour around the change, for each start of the days on which booking opens."""
    policy = Policy(opens_days=days, closes_minutes=0)
    first = datetime(night.year, night.month, night.day, tzinfo=UTC) - timedelta(hours=6)
    for now in (first + timedelta(minutes=30 * n) for n in range(24)):
        bookable = bookable_now(policy, now)
        for start in (now + timedelta(days=days, minutes=30 * n) for n in range(-8, 9)):
            wish = BookingRequest(None, start, start + timedelta(hours=1), None, "class")
            refused = bookings_rules.check(wish, BookerState([], [], {}), policy, now)
            assert bookable(start) == (start >= now and BOOKING_NOT_OPEN not in refused)
            assert abs((helsinki_date(policy.opens_at(start)) - helsinki_date(start)).days) == days


@pytest.mark.planted_fault("days of 24 hours")
def test_days_of_24_hours_fail_the_check(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Policy, "opens_at", lambda policy, start: start - timedelta(days=policy.opens_days)
    )
    with pytest.raises(AssertionError):
        test_courts_open_at_the_same_clock_time_a_week_before(app, world, SPRING)


@pytest.mark.parametrize(
    ("at_utc", "meanings"),
    [
        ("2027-10-31T00:30", ("3.30 kesäaikaa", "3.30 sommartid", "3.30 summer time")),
        ("2027-10-31T01:30", ("3.30 talviaikaa", "3.30 vintertid", "3.30 winter time")),
        ("2027-10-30T23:59", ("2.59", "2.59", "2.59")),
        ("2027-10-31T02:00", ("4.00", "4.00", "4.00")),
        ("2027-03-28T01:30", ("4.30", "4.30", "4.30")),
    ],
)
def test_a_repeated_hour_is_shown_with_its_meaning(
    app: Flask, at_utc: str, meanings: tuple[str, str, str]
) -> None:
    """On pages and in mails alike, in each language."""
    moment = datetime.fromisoformat(at_utc).replace(tzinfo=UTC)
    for language, shown in zip(("fi", "sv", "en"), meanings, strict=True):
        assert format_moment(moment, language).endswith(shown)
        with app.test_request_context(f"/?lang={language}"):
            assert filters.moment(moment).endswith(shown)
            assert filters.clock(moment).lstrip("0") == shown.lstrip("0")


@pytest.mark.parametrize(
    ("night", "clock", "skipped", "starts"),
    [
        (SPRING, "03:00", True, at(SPRING, "04:00")),
        (SPRING, "03:59", True, at(SPRING, "04:59")),
        (SPRING, "04:00", False, None),
        (AUTUMN, "03:30", False, at(AUTUMN, "03:30")),
        (AUTUMN, "02:59", False, None),
    ],
)
def test_a_weekly_class_in_such_an_hour_is_reported(
    night: date, clock: str, skipped: bool, starts: datetime | None
) -> None:
    first = night - timedelta(days=70)
    when = Weekly((7,), time.fromisoformat(clock), 60, first, night + timedelta(days=70))
    found = clock_changes(when, first)
    assert found == ([] if starts is None else [ClockChange(night, starts, skipped)])
    assert clock_changes(when, night + timedelta(days=1)) == [], "what is over is not reported"


@pytest.mark.engines("sqlite")
def test_the_planner_is_told_at_once_and_later(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    with reading() as session:
        space = str(space_by_id(session, world.studio).public_id)
    names = {"fi": "Yö", "sv": "Natt", "en": "Night"}
    years = [date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25), date(2030, 3, 31)]
    today = helsinki_date(now)
    night = next(day for day in years if day > today)
    plan = {
        "name": names,
        "category": "mind",
        "space": space,
        "weekdays": [7],
        "starts_at": "03:30",
        "minutes": 60,
        "first_on": str(today),
        "last_on": str(night),
    }
    made = manager.post("/api/v1/classes", json=plan)
    assert made.status_code == 201, made.get_json()
    [skipped] = made.get_json()["skipped"]
    assert to_helsinki(datetime.fromisoformat(skipped)).time() == time(4, 30)
    page = manager.get(f"/manage/classes/{made.get_json()['id']}?lang=en").text
    assert "The clock skips the start; the session is held an hour later" in page
