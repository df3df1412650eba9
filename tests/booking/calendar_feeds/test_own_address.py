"""The secret address of a person's feed: made, shown once, fetched, replaced and ended."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.booking import World, a_person
from tests.world.calendars import events_of, lines_of
from tests.world.logs import log
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of, text_of
from zone.booking.calendar_feeds import flows, rules, service
from zone.booking.calendar_feeds.models import CalendarFeed
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.people.models import Member
from zone.operation.backups.flows import reset_after_restore

ENGLISH = {"Accept-Language": "en"}


def make(browser: FlaskClient) -> str:
    """Press the button of the page; return the path of the address that it shows."""
    [form] = [one for one in forms_of(browser, "/calendar") if one.action == "/calendar/own"]
    page = browser.post(form.action, data=form.data, headers=ENGLISH)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    [address] = re.findall(r'id="f-address" value="([^"]+)"', page.text)
    assert page.text.count(address.partition("://")[2]) == 3, "field, link and button"
    return path_of(address)


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def calendar(app: Flask) -> FlaskClient:
    """A calendar program: it has no cookies."""
    return app.test_client(use_cookies=False)


def test_the_page_makes_an_address_that_a_calendar_fetches(
    anna: FlaskClient, calendar: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    assert "Make an address" in text_of(anna.get("/calendar", headers=ENGLISH).text)
    path = make(anna)
    answer = calendar.get(path)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    [event] = events_of(answer.data).values()
    assert (event.summary, event.dtstart) == ("Yoga", yoga.starts_at.replace(microsecond=0))
    assert "X-WR-CALNAME:My bookings – Zone" in lines_of(answer.data)


def test_an_unchanged_feed_is_not_sent_again(
    anna: FlaskClient, calendar: FlaskClient, yoga: ClassSession
) -> None:
    path = make(anna)
    first = calendar.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    same = calendar.get(path, headers=known)
    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    assert same.headers["Cache-Control"] == "private, no-cache"
    anna.post(f"/classes/{yoga.public_id}/book")
    changed = calendar.get(path, headers=known)
    assert (changed.status_code, len(events_of(changed.data))) == (200, 1)


def test_a_compressed_feed_is_known_again(
    anna: FlaskClient, calendar: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    path, gzip = make(anna), {"Accept-Encoding": "gzip"}
    for number in range(8):  # small ones are not compressed
        booked = "cancel" if number % 2 == 0 else "book"
        anna.post(f"/classes/{yoga.public_id}/{booked}", data={"undo": "1"})
    packed = calendar.get(path, headers=gzip)
    assert packed.headers["Content-Encoding"] == "gzip"
    again = calendar.get(path, headers=gzip | {"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


def test_head_has_the_head_of_the_feed(anna: FlaskClient, calendar: FlaskClient) -> None:
    path = make(anna)
    full, head = calendar.get(path), calendar.head(path)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == full.headers[name]


def test_only_the_hash_of_the_key_is_stored(anna: FlaskClient) -> None:
    key = make(anna).partition("key=")[2]
    assert len(key) * 6 >= 128, "bits, 6 in each letter"
    with reading() as session:
        feed = session.scalars(select(CalendarFeed)).one()
    assert feed.digest == rules.key_digest(key)
    assert key.encode() not in feed.digest


def test_a_replaced_and_an_ended_address_are_as_unknown_as_one_that_never_was(
    anna: FlaskClient, calendar: FlaskClient
) -> None:
    old = make(anna)
    new = make(anna)
    assert old != new
    assert calendar.get(new).status_code == 200
    [form] = [one for one in forms_of(anna, "/calendar") if one.action.endswith("/end")]
    answer = anna.post(form.action, data=form.data)
    assert answer.location == "/calendar?done=ended"
    ended = text_of(anna.get(answer.location, headers=ENGLISH).text)
    assert "The address is ended." in ended
    assert "Make an address" in ended
    dead = [calendar.get(path) for path in (old, new, "/calendar/own.ics?key=x", _NO_KEY, _ODD)]
    assert {answer.status_code for answer in dead} == {404}
    assert len({_shown(answer.text) for answer in dead}) == 1
    assert len({frozenset(answer.headers.keys()) for answer in dead}) == 1
    assert anna.post("/calendar/own/end").location == "/calendar?done=ended", "twice is once"


_NO_KEY = "/calendar/own.ics"
_ODD = "/calendar/own.ics?key=%F0%9F%92%A9%ED%B2%A9&key=" + "a" * 2000


def _shown(page: str) -> str:
    """Return a page without what differs at each request."""
    return re.sub(r"[0-9a-f]{32}", "", text_of(page))


def test_the_page_says_when_a_calendar_last_fetched_it(
    anna: FlaskClient, calendar: FlaskClient, now: datetime
) -> None:
    path = make(anna)
    assert "No calendar has fetched it yet." in text_of(anna.get("/calendar", headers=ENGLISH).text)
    calendar.get(path)
    page = text_of(anna.get("/calendar", headers=ENGLISH).text)
    assert "A calendar last fetched it" in page
    first = _fetched_at()
    assert first is not None
    flows.fetch_own(path.partition("key=")[2], "192.0.2.1", first + timedelta(minutes=59))
    assert _fetched_at() == first, "stored to the hour: most fetches write a count only"
    flows.fetch_own(path.partition("key=")[2], "192.0.2.1", first + timedelta(hours=1))
    assert _fetched_at() == first + timedelta(hours=1)
    make(anna)
    assert _fetched_at() is None, "nobody has fetched the new one"


def _fetched_at() -> datetime | None:
    with reading() as session:
        return session.scalars(select(CalendarFeed.fetched_at)).one()


def test_of_two_at_once_one_key_lives(app: Flask, anna: FlaskClient) -> None:
    with reading() as session:
        member_id = session.scalars(select(Member.id).where(Member.name == "anna")).one()

    keys: list[str] = []

    def make_one() -> None:
        with writing() as session:
            key = service.make_feed(session, member_id, utc_now())
        keys.append(key)

    assert outcomes(app, [make_one] * 4) == {"done": 4}
    assert [_opens(key) for key in keys].count(True) == 1


def _opens(key: str) -> bool:
    try:
        flows.fetch_own(key, "192.0.2.1", utc_now())
    except DomainError:
        return False
    return True


def test_one_key_is_fetched_sixty_times_an_hour_and_others_go_on(
    app: Flask, world: World, anna: FlaskClient, calendar: FlaskClient, now: datetime
) -> None:
    path, other = make(anna), make(a_person(app, world, "bert", now))
    hour = rules.OF_FEED.starts_at(now)
    for _ in range(rules.OF_FEED.most):
        flows.fetch_own(path.partition("key=")[2], "192.0.2.1", hour)
    with pytest.raises(DomainError, match="too_many_requests"):
        flows.fetch_own(path.partition("key=")[2], "198.51.100.7", hour)
    assert calendar.get(other).status_code == 200
    flows.fetch_own(path.partition("key=")[2], "192.0.2.1", hour + timedelta(hours=1))


def test_who_guesses_is_stopped_and_a_right_key_from_there_still_works(
    anna: FlaskClient, now: datetime
) -> None:
    key = make(anna).partition("key=")[2]
    for number in range(rules.VAIN.most):
        with pytest.raises(DomainError, match="not_found"):
            flows.fetch_own(str(number), "192.0.2.1", now)
    with pytest.raises(DomainError, match="too_many_requests"):
        flows.fetch_own("x", "192.0.2.1", now)
    assert flows.fetch_own(key, "192.0.2.1", now).events == []
    with pytest.raises(DomainError, match="not_found"):
        flows.fetch_own("x", "198.51.100.7", now)


def test_no_log_has_the_key(anna: FlaskClient, calendar: FlaskClient) -> None:
    with log() as written:
        path = make(anna)
        calendar.get(path)
        calendar.get(f"{path}x")
    key = path.partition("key=")[2]
    assert key not in written.text
    routes = [line["route"] for line in written.lines if "route" in line]
    assert routes.count("/calendar/own.ics") == 2


def test_the_export_says_that_there_is_a_feed_and_not_its_key(anna: FlaskClient) -> None:
    key = make(anna).partition("key=")[2]
    answer = anna.get("/api/v1/me/export")
    [feed] = answer.get_json()["calendar_feed"]
    assert set(feed) == {"created_at", "fetched_at"}
    assert key not in answer.text
    assert rules.key_digest(key).hex() not in answer.text


def test_a_restore_ends_every_address(anna: FlaskClient, calendar: FlaskClient) -> None:
    """One that was ended since the backup would open again."""
    path = make(anna)
    with writing() as session:
        reset_after_restore(session, utc_now())
    assert calendar.get(path).status_code == 404


def test_a_feed_reads_in_the_language_of_its_person(
    anna: FlaskClient, calendar: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    path = make(anna)
    with writing() as session:
        session.execute(update(Member).where(Member.name == "anna").values(language="fi"))
    [event] = events_of(calendar.get(f"{path}&lang=sv", headers=ENGLISH).data).values()
    assert event.summary == "Jooga"


def test_another_person_changes_nothing_of_it(
    app: Flask, world: World, anna: FlaskClient, calendar: FlaskClient, now: datetime
) -> None:
    path = make(anna)
    bert = a_person(app, world, "bert", now)
    bert.post("/calendar/own/end")
    make(bert)
    assert calendar.get(path).status_code == 200
    assert app.test_client().post("/calendar/own").status_code == 401


def test_the_api_makes_shows_and_ends_it(anna: FlaskClient, calendar: FlaskClient) -> None:
    own = "/api/v1/me/calendar-feed"
    assert anna.get(own).get_json() == {"feed": None}
    made = anna.post(own)
    assert made.status_code == 201
    path = path_of(made.get_json()["address"])
    assert calendar.get(path).status_code == 200
    feed = anna.get(own).get_json()["feed"]
    assert set(feed) == {"created_at", "fetched_at"}
    assert anna.delete(own).status_code == anna.delete(own).status_code == 204
    assert calendar.get(path).status_code == 404


@pytest.mark.planted_fault("an ended key stays in the table")
def test_a_key_that_stays_fails_the_check(
    anna: FlaskClient, calendar: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "end_feed", lambda _session, _member: None)
    with pytest.raises(AssertionError):
        test_a_replaced_and_an_ended_address_are_as_unknown_as_one_that_never_was(anna, calendar)


@pytest.mark.parametrize("path", ["/sign-out", "/me/devices/removal"])
def test_signing_out_everywhere_offers_to_end_the_address(
    anna: FlaskClient, calendar: FlaskClient, path: str
) -> None:
    """The box is ticked: whoever lost a phone has lost the address that its calendar keeps."""
    address = make(anna)
    [form] = [one for one in forms_of(anna, "/me") if one.action == path and "also_end" in one.data]
    assert form.data["also_end"] == ["calendar"]
    pressed = {"everywhere": "1"} if path == "/sign-out" else {}
    assert anna.post(path, data=form.data | pressed).status_code == 303
    assert calendar.get(address).status_code == 404


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/sign-out", {}),
        ("/sign-out", {"also_end": "calendar"}),
        ("/sign-out", {"everywhere": "1"}),
        ("/me/devices/removal", {}),
    ],
)
def test_the_address_goes_on_for_whoever_signs_out_here_or_keeps_it(
    anna: FlaskClient, calendar: FlaskClient, path: str, data: dict[str, str]
) -> None:
    address = make(anna)
    assert anna.post(path, data=data).status_code == 303
    assert calendar.get(address).status_code == 200


@pytest.mark.parametrize(("query", "status"), [("", 404), ("?keep_calendar=true", 200)])
def test_signing_out_everywhere_by_the_api_ends_it_unless_it_is_kept(
    anna: FlaskClient, calendar: FlaskClient, query: str, status: int
) -> None:
    address = make(anna)
    assert anna.delete(f"/api/v1/me/sessions{query}").status_code == 204
    assert calendar.get(address).status_code == status


def test_without_an_address_nothing_is_offered(anna: FlaskClient) -> None:
    assert 'name="also_end"' not in anna.get("/me").text
