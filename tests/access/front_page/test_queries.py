"""What the front page says at a moment: classes, courts, campuses, prices."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.stored import stored
from tests.world.booking import NOW, World, a_member, a_session, build, class_details
from tests.world.courts import book as book_court
from tests.world.people import a_browser
from tests.world.shop import a_product, in_group, open_shop
from zone.access.front_page import pages
from zone.access.front_page.queries import front_page
from zone.access.front_page.views import FrontPage
from zone.booking.allocations import service as allocations
from zone.booking.bookings import service as bookings
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki
from zone.passes.catalogue import service as catalogue
from zone.places.campuses.service import create_campus
from zone.places.opening_hours.service import set_exception

pytestmark = pytest.mark.engines("sqlite")
HOUR = timedelta(hours=1)
MONDAY = date(2026, 9, 21)
TUESDAY = date(2026, 9, 22)


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


def page(now: datetime = NOW) -> FrontPage:
    with reading() as session:
        return front_page(session, now)


def a_class(world: World, name: str, start: datetime, minutes: int = 60, **details: object) -> None:
    details = {"kind": "online", "space": None} | details
    offer = class_details(world, name=name, **details)  # type: ignore[arg-type]  # by name
    with writing() as session:
        a_session(session, world, start=start, minutes=minutes, offer=offer, now=NOW - 48 * HOUR)


def names(views: object) -> list[str]:
    return [view.name["en"] for view in views]  # type: ignore[attr-defined]  # of sessions


def test_what_runs_and_what_comes_today(world: World) -> None:
    a_class(world, "Ended", NOW - HOUR)
    a_class(world, "Runs", NOW, 45)
    a_class(world, "Began", NOW - HOUR / 2)
    a_class(world, "Next", NOW + HOUR)
    a_class(world, "Tomorrow", NOW + 24 * HOUR)
    shown = page()
    assert (names(shown.on_now), names(shown.to_come)) == (["Began", "Runs"], ["Next"])
    assert shown.next_free is not None
    assert shown.next_free.name["en"] == "Next"


def test_a_class_over_midnight_still_runs(world: World) -> None:
    a_class(world, "Night", from_helsinki(MONDAY, time(23, 30)))
    assert names(page(from_helsinki(TUESDAY, time(0, 10))).on_now) == ["Night"]
    assert names(page(from_helsinki(TUESDAY, time(0, 30))).on_now) == []


def test_the_longest_class_over_midnight_still_runs(world: World) -> None:
    a_class(world, "All day", from_helsinki(MONDAY, time(9)), minutes=24 * 60)
    assert names(page(from_helsinki(TUESDAY, time(8, 30))).on_now) == ["All day"]


def test_a_class_of_last_evening_is_none_of_today(world: World) -> None:
    a_class(world, "Evening", from_helsinki(MONDAY, time(20)))
    assert names(page(from_helsinki(TUESDAY, time(9))).today) == []


def test_a_cancelled_class_is_not_on(world: World) -> None:
    a_class(world, "Off", NOW + HOUR)
    with writing() as session:
        off = session.scalars(select(ClassSession)).one()
        boss = a_member(session, world, "boss")
        allocations.mark_cancelled(session, off, now=NOW, reason="ill", actor_id=boss)
    assert page().to_come == []


def test_the_next_class_is_one_with_a_place_also_on_another_day(world: World) -> None:
    a_class(world, "Full", NOW + HOUR, capacity=1)
    a_class(world, "Too late", NOW + HOUR / 4)
    with writing() as session:
        full = next(view for view in front_page(session, NOW).to_come if view.name["en"] == "Full")
        member = a_member(session, world, "anna")
        bookings.book(session, member_id=member, class_session=full.id, now=NOW)
    assert page().next_free is None
    a_class(world, "In three days", NOW + 72 * HOUR)
    found = page().next_free
    assert found is not None
    assert found.name["en"] == "In three days"
    a_class(world, "Tomorrow", NOW + 24 * HOUR)
    found = page().next_free
    assert found is not None
    assert found.name["en"] == "Tomorrow"


def check_hidden_groups_do_not_appear(world: World) -> None:
    a_class(world, "Runs", NOW - HOUR / 2, kind="low_threshold", space=world.studio)
    a_class(world, "Comes", NOW + HOUR, kind="low_threshold", space=world.studio)
    a_class(world, "Tomorrow", NOW + 24 * HOUR, kind="low_threshold", space=world.studio)
    shown = page()
    assert [*shown.today, *shown.later] == []
    assert shown.next_free is None


def test_hidden_groups_do_not_appear(world: World) -> None:
    check_hidden_groups_do_not_appear(world)


@pytest.mark.planted_fault("nothing is hidden")
def test_a_page_that_hides_nothing_fails_the_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_queries, "STAFF_KINDS", frozenset())
    with pytest.raises(AssertionError):
        check_hidden_groups_do_not_appear(world)


def test_the_next_free_court_is_the_first_that_is_free_for_an_hour(world: World) -> None:
    first = page().court
    assert first is not None
    assert first.starts_at == NOW + HOUR / 2
    with writing() as session:
        member = a_member(session, world, "anna")
    # The courts straddle the hall's thirds: this one is in the way of all others.
    book_court(member, world.court_1, NOW + HOUR / 2, 60, now=NOW)
    then = page().court
    assert then is not None
    assert then.starts_at == NOW + 3 * HOUR / 2


def test_at_night_the_next_court_is_that_of_the_morning(world: World) -> None:
    court = page(from_helsinki(MONDAY, time(23))).court
    assert court is not None
    assert court.starts_at == from_helsinki(TUESDAY, time(7))


def test_a_closed_campus_says_why_and_when_it_opens(world: World) -> None:
    with writing() as session:
        for day in (MONDAY, TUESDAY):
            set_exception(
                session,
                campus_id=world.campus,
                day=day,
                opens=None,
                closes=None,
                reason="Water damage",
            )
    shown = page()
    (campus,) = shown.campuses
    assert (campus.state.is_open, campus.state.today) == (False, [])
    assert campus.reason == dict.fromkeys(("fi", "sv", "en"), "Water damage")
    wednesday = from_helsinki(date(2026, 9, 23), time(7))
    assert campus.state.opens_at == wednesday
    assert shown.opens_next == campus
    assert (shown.open_campuses, campus.level, campus.counts) == ([], None, False)
    assert shown.court is not None
    assert shown.court.starts_at >= wednesday
    assert [(one.day, one.hours, one.everywhere) for one in shown.other_hours] == [
        (TUESDAY, [], True)
    ]


def test_the_same_other_hours_of_several_campuses_are_said_once(world: World) -> None:
    with writing() as session:
        others = [create_campus(session, code=name, name=name).id for name in ("a", "b")]
        for campus in (world.campus, *others):
            hours = (time(10), time(14)) if campus != others[1] else (None, None)
            set_exception(
                session,
                campus_id=campus,
                day=TUESDAY,
                opens=hours[0],
                closes=hours[1],
                reason="Holiday",
            )
        set_exception(
            session,
            campus_id=world.campus,
            day=MONDAY + timedelta(days=8),
            opens=None,
            closes=None,
            reason="Too far to matter yet",
        )
    opens, closes = from_helsinki(TUESDAY, time(10)), from_helsinki(TUESDAY, time(14))
    assert [(one.hours, one.campuses, one.everywhere) for one in page().other_hours] == [
        ([(opens, closes)], ["Metropolia Myllypuro", "a"], False),
        ([], ["b"], False),
    ]


@pytest.mark.parametrize(
    "now", [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
)
def test_in_the_night_of_the_clock_change_the_campus_opens_at_7(
    world: World, now: datetime
) -> None:
    (campus,) = page(now).campuses
    assert campus.state.opens_at == from_helsinki(now.date(), time(7))


def test_prices_are_those_of_today_for_each_role(world: World) -> None:
    with writing() as session:
        open_shop(session)
        a_product(session, "lost-card", "fee", (), None, student=500)
        a_product(session, "old", "gym_pass", ("gym",), 30, student=100, staff=100)
        catalogue.set_price(session, "old", role="student", cents=None, valid_from=MONDAY)
        catalogue.set_price(session, "old", role="staff", cents=900, valid_from=TUESDAY)
        in_group(session, "arcada", "partners")
        catalogue.set_price(
            session, "term", role="student", cents=6000, valid_from=MONDAY, group="partners"
        )
    student, staff = page().roles
    assert [
        (line.listed.code, line.listed.cents, line.institutions) for line in student.prices
    ] == [
        ("term", 4500, []),
        ("term", 6000, ["Arcada"]),
        ("visit", 500, []),
        ("gym", 1500, []),
    ]
    assert [(line.listed.code, line.listed.cents) for line in staff.prices] == [
        ("term", 9000),
        ("old", 100),
        ("visit", 500),
        ("gym", 3000),
    ]
    assert student.least == 500
    assert student.institutions == ["Arcada", "Haaga-Helia", "Laurea", "Metropolia"]
    ((region, limited),) = ((one.region["en"], one.institutions) for one in student.regional)
    assert (region, limited) == ("Helsinki region", ["Diak", "Humak"])
    assert staff.institutions == ["Haaga-Helia", "Laurea", "Metropolia"]
    assert not staff.regional


def test_the_page_of_an_empty_service_says_so(app: Flask) -> None:
    shown = page()
    assert (shown.campuses, shown.roles, shown.court, shown.next_free) == ([], [], None, None)
    assert (shown.quietest, shown.opens_next, shown.is_counted) == ([], None, False)
    app.extensions.pop(pages.KEY, None)
    assert "Nothing to book yet" in a_browser(app).get("/?lang=en").text
    app.extensions.pop(pages.KEY, None)
