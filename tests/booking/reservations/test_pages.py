"""The pages of courts: what a person sees and taps, without JavaScript."""

import json
import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_person
from tests.world.people import a_browser, signed_in
from tests.world.rendered_forms import forms_of
from zone.booking.bookings import pages as bookings_pages
from zone.booking.bookings.rules import BookerState
from zone.booking.policies.rules import Policy
from zone.booking.reservations import errors, rules, views
from zone.booking.reservations import pages as reservations_pages
from zone.booking.reservations.rules import Court, CourtBooker, ReservationRequest, SpaceRules
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date
from zone.members.people.service import create_member
from zone.places.opening_hours.models import OpeningException
from zone.places.spaces.models import Space

pytestmark = pytest.mark.engines("sqlite")

HTML = {"Accept": "text/html"}


def links(page: str) -> list[str]:
    """The free slots that a page leads to."""
    found = re.findall(r'href="(/courts/[0-9a-f-]{36}\?[^"#]+)#slot"', page)
    return [unescape(link) for link in found]


def noon(day: date, hour: int = 12) -> datetime:
    return from_helsinki(day, time(hour))


def path_of(world: World, start: datetime, minutes: int = 60) -> str:
    return f"/courts/{world.court_1}?start={start:%Y-%m-%dT%H:%MZ}&minutes={minutes}"


def test_the_day_shows_times_by_court_with_links(app: Flask, world: World, tomorrow: date) -> None:
    page = a_browser(app).get(f"/courts?day={tomorrow}&lang=en").get_data(as_text=True)
    assert "<span>Court</span> 1</h3>" in page
    grid = page[page.index('class="court-card"') : page.index('class="next-free"')]
    assert path_of(world, noon(tomorrow)) in links(grid)
    an_hour = [link for link in links(grid) if link.endswith("minutes=60")]
    assert len(an_hour) == 3 * 29, "three spaces, each half hour from 7 to 21"
    # Half an hour before it closes, half an hour is left.
    shorter = [link for link in links(grid) if link not in an_hour]
    assert [link.rpartition("=")[2] for link in shorter] == ["30"] * 3


def test_a_chosen_time_survives_sign_in_and_is_booked(
    app: Flask, world: World, anna: FlaskClient, tomorrow: date
) -> None:
    with writing() as session:
        session.query(Space).filter_by(public_id=world.court_1).one().companions = 1
    slot = path_of(world, noon(tomorrow))
    text = a_browser(app).get(slot + "&lang=en").get_data(as_text=True)
    [onward] = re.findall(r'href="(/sign-in\?next=[^"]+)"', text)
    back = anna.get(unescape(onward))
    assert back.status_code == 303
    page = anna.get(back.headers["Location"] + "&lang=en").get_data(as_text=True)
    assert "1 companion" in page
    booked = anna.post(
        f"/courts/{world.court_1}/book",
        data={"start": noon(tomorrow).isoformat(), "minutes": "60", "companions": "1"},
    )
    assert booked.status_code == 303, booked.text
    shown = anna.get(booked.headers["Location"] + "?lang=en").get_data(as_text=True)
    assert "1 companion comes along" in shown
    [cancel] = re.findall(r'action="(/bookings/[0-9a-f-]+/cancel)"', shown)
    assert anna.post(cancel).status_code == 303
    assert "This booking is cancelled." in anna.get(
        booked.headers["Location"] + "?lang=en"
    ).get_data(as_text=True)


def test_a_second_tap_leads_to_the_same_booking(
    world: World, anna: FlaskClient, tomorrow: date
) -> None:
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60"}
    first, second = (anna.post(f"/courts/{world.court_1}/book", data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_form_sent_too_late_shows_who_comes_along_and_books_nothing(
    app: Flask, world: World, anna: FlaskClient, tomorrow: date
) -> None:
    with writing() as session:
        session.query(Space).filter_by(public_id=world.court_1).one().companions = 2
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60", "companions": "2"}
    shown = anna.post(f"/courts/{world.court_1}/book?lang=en", data=form | {"again": "1"})
    assert shown.status_code == 200
    assert "not stored yet" in shown.text
    assert '<option value="2" selected>' in shown.text
    listed = json.loads(anna.get("/api/v1/me/bookings").text)
    assert listed["bookings"] == []
    assert anna.post(f"/courts/{world.court_1}/book", data=form).status_code == 303


def test_a_refusal_shows_reasons_and_alternatives(
    app: Flask, world: World, anna: FlaskClient, now: datetime, tomorrow: date
) -> None:
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60"}
    anna.post(f"/courts/{world.court_1}/book", data=form)
    refused = a_person(app, world, "berta", now).post(
        f"/courts/{world.court_1}/book?lang=en", data=form
    )
    assert refused.status_code == 409
    assert 'role="alert" id="refusal" tabindex="-1" autofocus' in refused.text
    assert "The space is already taken at that time." in refused.text
    offered = links(refused.text)
    assert path_of(world, noon(tomorrow, 11)) in offered
    assert path_of(world, noon(tomorrow, 13)) in offered


def test_a_full_day_shows_the_next_free_time(app: Flask, world: World, tomorrow: date) -> None:
    with writing() as session:
        session.add(OpeningException(campus_id=world.campus, day=tomorrow, reason="Floor is waxed"))
    page = a_browser(app).get(f"/courts?day={tomorrow}&lang=en").get_data(as_text=True)
    assert "Nothing is free for 60 minutes on this day." in page
    assert "Next free:" in page
    [onward] = links(page)
    assert onward.endswith(
        f"start={noon(tomorrow + timedelta(days=1), 7):%Y-%m-%dT%H:%MZ}&minutes=60"
    )


@pytest.mark.parametrize(("days", "opens"), [(-1, False), (7, False), (8, True), (30, True)])
def test_no_time_is_called_taken_that_nobody_has_taken(
    app: Flask, world: World, now: datetime, days: int, opens: bool
) -> None:
    """What is over, or cannot be booked yet, is not shown; and of what is over nothing opens."""
    day = helsinki_date(now) + timedelta(days=days)
    page = a_browser(app).get(f"/courts?day={day}&lang=en").get_data(as_text=True)
    assert "Taken" not in page
    assert ("Booking opens 7 days before. Choose a nearer day." in page) == opens


@pytest.mark.parametrize(
    "query",
    [
        "day=9999-12-31",
        "day=x",
        "minutes=0",
        "minutes=99999999",
        "minutes=²",
        "campus=x",
        "minutes=00001" + "9" * 30,
    ],
)
def test_an_invalid_day_shows_today(app: Flask, world: World, query: str) -> None:
    assert a_browser(app).get(f"/courts?{query}").status_code == 200


@pytest.mark.parametrize(
    "query", ["", "start=now", "start=2026-01-01T10:00", "start=9999-01-01T10:00Z&minutes=60"]
)
def test_an_invalid_time_leads_to_the_day(
    app: Flask, world: World, anna: FlaskClient, query: str
) -> None:
    assert a_browser(app).get(f"/courts/{world.court_1}?{query}").headers["Location"] == "/courts"
    assert (
        anna.post(f"/courts/{world.court_1}/book", data={"start": "x"}).headers["Location"]
        == "/courts"
    )


@pytest.mark.parametrize(
    "wrong", [{"minutes": text} for text in ("abc", "-30", "")] + [{"companions": "x"}]
)
def test_a_number_that_is_none_reserves_nothing(
    world: World, anna: FlaskClient, tomorrow: date, wrong: dict[str, str]
) -> None:
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60", "companions": "0"} | wrong
    refused = anna.post(f"/courts/{world.court_1}/book", data=form)
    assert refused.status_code in (409, 422)
    assert 'role="alert"' in refused.text
    assert anna.get("/api/v1/me/bookings").get_json()["bookings"] == []


@pytest.mark.parametrize("typed", ["9" * 5000, "12345678", "00001" + "9" * 30])
def test_a_huge_number_is_read_as_too_large(
    world: World, anna: FlaskClient, tomorrow: date, typed: str
) -> None:
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60", "companions": typed}
    assert anna.post(f"/courts/{world.court_1}/book", data=form).status_code == 409
    refused = anna.get(
        f"/courts/{world.court_1}?start={noon(tomorrow):%Y-%m-%dT%H:%MZ}&minutes={typed[:3000]}"
    )
    assert refused.status_code == 200


def test_anothers_booking_and_an_unknown_court_are_not_found(
    app: Flask, world: World, anna: FlaskClient, now: datetime, tomorrow: date
) -> None:
    form = {"start": noon(tomorrow).isoformat(), "minutes": "60"}
    booked = anna.post(f"/courts/{world.court_1}/book", data=form).headers["Location"]
    other_member = a_person(app, world, "other", now)
    assert other_member.get(booked, headers=HTML).status_code == 404
    unknown = f"/courts/{booked.partition('?')[0].rpartition('/')[2]}"
    assert (
        other_member.get(f"{unknown}?start={noon(tomorrow):%Y-%m-%dT%H:%MZ}&minutes=60").status_code
        == 404
    )
    assert other_member.post(f"{unknown}/book", data=form).status_code == 404


def book(client: FlaskClient, world: World, start: datetime) -> str:
    answer = client.post(
        f"/courts/{world.court_1}/book", data={"start": start.isoformat(), "minutes": "60"}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("?")[0]


def test_the_day_shows_what_one_has_and_from_when_one_can_book_again(
    world: World, anna: FlaskClient, tomorrow: date
) -> None:
    booked = book(anna, world, noon(tomorrow))
    page = anna.get(f"/courts?day={tomorrow}&lang=en").text
    assert re.search(rf'class="slot mine q\d+ d2"><a href="{booked}"', page)
    [day] = re.findall(
        rf'<a href="[^"]*day={tomorrow}[^"]*" class="([^"]*)"[^>]*aria-current', page
    )
    assert "has" in day
    assert "Limit reached" not in page
    book(anna, world, noon(tomorrow, 14))
    page = anna.get(f"/courts?day={tomorrow}&lang=en").text
    assert "Limit reached: 2 courts to come at a time." in page
    # Of two that are booked the first must end.
    assert f"You can book again after {tomorrow:%a} {tomorrow.day} {tomorrow:%b} 13.00." in page
    refused = anna.get(path_of(world, noon(tomorrow, 18)) + "&lang=en").text
    assert 'href="/bookings"' in refused.partition('id="sheet"')[2]


def test_without_a_pass_a_court_leads_to_the_shop_and_back(
    app: Flask, world: World, now: datetime, tomorrow: date
) -> None:
    with writing() as session:
        member = create_member(
            session, email="no-pass@zone.example", name="N", language="en", now=now
        ).id
    page = signed_in(app, member).get(path_of(world, noon(tomorrow))).text
    sheet = page.partition('id="sheet"')[2]
    [shop] = re.findall(r'href="(/buy[^"]+)"', sheet)
    assert parse_qs(urlsplit(unescape(shop)).query) == {"next": [path_of(world, noon(tomorrow))]}
    assert "<form" not in sheet.partition("</section>")[0]
    assert 'class="slot chosen' in page, "its place in the grid is seen"


def test_a_link_keeps_what_else_is_chosen(app: Flask, world: World, tomorrow: date) -> None:
    page = a_browser(app).get(f"/courts?day={tomorrow}&campus=myllypuro&minutes=90").text
    chosen = {"day": [str(tomorrow)], "campus": ["myllypuro"], "minutes": ["90"]}
    found = [
        parse_qs(urlsplit(unescape(href)).query)
        for href in re.findall(r'href="(/courts\?[^"]+)"', page)
    ]
    assert len(found) > 10
    assert all(sum(query[name] != chosen[name] for name in chosen) <= 1 for query in found)


def test_a_length_that_no_court_has_becomes_the_nearest(
    app: Flask, world: World, tomorrow: date
) -> None:
    page = a_browser(app).get(f"/courts?day={tomorrow}&minutes=70").text
    assert re.search(r'aria-current="true">60</a>', page)


def test_a_closed_day_is_struck_and_says_why(app: Flask, world: World, tomorrow: date) -> None:
    with writing() as session:
        session.add(OpeningException(campus_id=world.campus, day=tomorrow, reason="Floor is waxed"))
    page = a_browser(app).get(f"/courts?day={tomorrow}&lang=en").text
    assert re.search(rf'day={tomorrow}[^"]*" class="[^"]*shut', page)
    assert "Floor is waxed" in page


def test_the_limit_that_is_shown_is_the_one_that_refuses() -> None:
    """`limit_reached` looks before a time is chosen, `check` after: both count alike."""
    # A Wednesday: on a Sunday evening the time below would be in the next week.
    now = datetime(2026, 9, 16, 9, tzinfo=UTC)
    policy, day = Policy(), helsinki_date(now)
    for ends in ([1], [1, 2], [-3, 1], [-1, -2, -3], [-1, -2, 1], [8, 9], [8]):
        own = [(now + timedelta(days=n), now + timedelta(days=n, hours=1)) for n in ends]
        found = rules.limit_reached(own, policy, day, now)
        court = Court(1, uuid.UUID(int=1), "c", "C", {}, SpaceRules(30, 30, 120, 0, 0, 0), [], [])
        state = BookerState([], [], {})
        start = now + timedelta(hours=2)
        reasons = rules.check(
            court,
            ReservationRequest(court.public_id, start, 60),
            CourtBooker(state, own),
            policy,
            now,
        )
        refuses = {errors.TOO_MANY_SPACE_BOOKINGS, errors.SPACE_WEEK_FULL} & set(reasons)
        assert (found is not None) == bool(refuses), ends


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (("Sulkapallokenttä 1", "Sulkapallokenttä 2"), "Sulkapallokenttä"),
        (("Squash court 1", "Table tennis 2"), ""),
        (("Badminton 1", "Hall"), ""),
        (("Sulkapallokenttä 1",), ""),
        (("Hall", "Gym"), ""),
    ],
)
def test_what_all_courts_are_called_stands_once_above_their_numbers(
    names: tuple[str, ...], shared: str
) -> None:
    assert views.shared_words(names) == shared


def test_a_court_can_be_called_off_late_and_the_button_says_what_it_costs(
    app: Flask, world: World, now: datetime, tomorrow: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, start = a_person(app, world, "anna", now), noon(tomorrow)
    path = book(anna, world, start)
    assert "Cancel late" not in anna.get(f"{path}?lang=en").text
    for module in (reservations_pages, bookings_pages):
        monkeypatch.setattr(module, "utc_now", lambda: start - timedelta(minutes=40))
    [late] = [form for form in forms_of(anna, path) if "late" in form.data]
    shown = anna.get(f"{path}?lang=en").text
    assert "Others want this place, so cancelling now is a mark." in shown
    assert late.submit(anna, *late.buttons).status_code == 303
    assert "This booking is cancelled." in anna.get(f"{path}?lang=en").text
