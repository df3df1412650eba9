"""The front page as guests get it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from flask import Flask

from tests.stored import stored
from tests.world.booking import World, a_person, a_session, build, class_details
from tests.world.people import a_browser, a_member, an_actor
from tests.world.shop import open_shop
from zone.access.front_page import pages
from zone.access.front_page.states import STATES
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campuses
from zone.places.opening_hours.rules import WeekChange
from zone.places.opening_hours.service import change_hours

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def now() -> datetime:
    return utc_now()


@pytest.fixture(autouse=True)
def world(app: Flask, now: datetime) -> Iterator[World]:
    app.extensions.pop(pages.KEY, None)
    world = stored(build)
    with writing() as session:
        open_shop(session)
        details = class_details(world, name="Yoga & more", space=None, kind="online")
        a_session(session, world, start=now + timedelta(hours=2), offer=details, now=now)
    yield world
    app.extensions.pop(pages.KEY, None)


def test_a_day_that_opens_twice_shows_both_openings(
    app: Flask, world: World, now: datetime
) -> None:
    with writing() as session:
        actor = an_actor(a_member(session).id, "manager")
        hours = (time(8), time(11)), (time(15), time(21))
        for campus in campuses(session):
            change = WeekChange(
                weekdays=range(1, 8), hours=hours[0], also=hours[1], valid_from=helsinki_date(now)
            )
            change_hours(session, actor, campus, change, now=now)
    assert "8.00–11.00, 15.00–21.00" in a_browser(app).get("/campuses?lang=en").text


def forget(app: Flask) -> None:
    app.extensions.pop(pages.KEY, None)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("One pass.", "Passes and prices", "45,00", "Yoga &amp; more", "Sign in")),
        ("fi", ("Yksi passi.", "Passit ja hinnat", "45,00", "Jooga", "Kirjaudu sisään")),
        ("sv", ("Ett kort.", "Motionskort och priser", "45,00", "Yoga", "Logga in")),
    ],
)
def test_a_guest_sees_it_in_each_language_without_a_script(
    app: Flask, language: str, words: tuple[str, ...]
) -> None:
    page = a_browser(app).get(f"/?lang={language}")
    assert page.status_code == 200
    assert [word for word in words if word not in page.text] == []
    assert "<script" not in page.text
    assert 'href="/prices"' in page.text


def test_who_is_signed_in_goes_on_to_their_own_page(
    app: Flask, world: World, now: datetime
) -> None:
    assert a_person(app, world, "anna", now).get("/").location == "/pass"


def test_the_address_of_a_campus_leads_to_a_map(app: Flask, world: World) -> None:
    assert "openstreetmap" not in a_browser(app).get("/").text
    with writing() as session:
        campus = session.get_one(Campus, world.campus)
        campus.street, campus.postal_code, campus.city = "Esimerkkikatu <1>", "00920", "Helsinki"
    forget(app)
    page = a_browser(app).get("/").text
    assert "Esimerkkikatu &lt;1&gt;<br>00920 Helsinki" in page
    assert 'href="https://www.openstreetmap.org/search?query=Esimerkkikatu+%3C1%3E%2C+00920' in page


def test_who_looks_again_gets_only_what_has_changed(app: Flask, world: World) -> None:
    browser = a_browser(app)
    first = browser.get("/")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = browser.get("/", headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert browser.get("/?lang=sv", headers=tag).status_code == 200, "another language"
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= set(first.vary)


def check_nothing_is_older_than_a_minute(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    start = utc_now()
    clock = [start]
    monkeypatch.setattr(pages, "utc_now", lambda: clock[0])
    a_browser(app).get("/")
    kept = app.extensions[pages.KEY]
    clock[0] = start + pages.LASTS / 2
    a_browser(app).get("/")
    assert app.extensions[pages.KEY] is kept, "readers of the same seconds share it"
    for later in (timedelta(minutes=1), -timedelta(seconds=1)):
        clock[0] += later
        a_browser(app).get("/")
        assert app.extensions[pages.KEY].now == clock[0]


def test_nothing_is_older_than_a_minute(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    check_nothing_is_older_than_a_minute(app, monkeypatch)


@pytest.mark.planted_fault("what was read is kept for hours")
def test_a_page_that_is_kept_for_hours_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LASTS", timedelta(hours=2))
    with pytest.raises(AssertionError):
        check_nothing_is_older_than_a_minute(app, monkeypatch)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("night", "No more classes today."),
        ("closed-day", "No classes today."),
        ("afternoon", "Quietest"),
        ("busy-everywhere", "Busy everywhere"),
        ("doors-send-nothing", "The doors have sent nothing since 13.52."),
        ("night", "Closed until tomorrow 7.00"),
        ("closes-early", "Closed until tomorrow 7.00"),
    ],
)
def test_it_says_what_is_so(app: Flask, state: str, said: str) -> None:
    page = next(one for one in STATES if one.name == state)
    with app.test_request_context(f"{page.path}?lang=en"):
        assert said in page.page()


def test_without_a_campus_there_is_no_list_of_them(app: Flask) -> None:
    page = next(one for one in STATES if one.name == "nothing-set-up")
    with app.test_request_context(f"{page.path}?lang=en"):
        shown = page.page()
        # The foot of every page leads to the list of them.
        assert "Campuses" not in shown[: shown.index("<footer")]


def test_campuses_and_hours_are_found_by_guests_and_by_who_is_signed_in(
    app: Flask, world: World, now: datetime
) -> None:
    """The front page shows them to guests only."""
    person = a_person(app, world, "anna", now)
    for browser in (a_browser(app), person):
        assert 'href="/campuses"' in browser.get("/about/how-it-works?lang=en").text
        shown = browser.get("/campuses?lang=en")
        assert shown.status_code == 200
        assert "Myllypuro" in shown.text
        assert 'id="campuses"' in shown.text
    assert 'href="/campuses"' in person.get("/pass").text
