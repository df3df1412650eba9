"""Pages about errors: what happened, what to do next, one thing to press, in three languages."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.people import a_browser, a_member, a_person, signed_in
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.i18n import LANGUAGES
from zone.core.ids import new_secret
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import error_page
from zone.web.auth import public
from zone.web.session_cookie import name_of

pytestmark = pytest.mark.engines("sqlite")
HTML: Final = {"Accept": "text/html"}
AWAY: Final = "postgresql+psycopg://zone@127.0.0.1:9/nothing"
MAIN: Final = re.compile(r"<main.*</main>", re.DOTALL)
Send = Callable[[str], Any]
"""Sends a request in a language and returns its answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says: its status, heading, text, and the main thing to press."""

    status: int
    heading: str
    text: str
    button: str
    href: str


def said(answer: Any) -> Said:
    """Read a page about an error; it has exactly one main thing to press."""
    main = MAIN.search(answer.text)
    assert main is not None
    headings = re.findall(r"<h1[^>]*>(.+?)</h1>", main[0])
    buttons = re.findall(
        r'<a class="btn primary" href="([^"]+)">(?:<svg.*?</svg> )?(.+?)</a>', main[0]
    )
    assert (len(headings), len(buttons)) == (1, 1)
    text = " ".join(re.sub(r"<[^>]+>", " ", main[0]).split())
    href, words = buttons[0]
    return Said(answer.status_code, headings[0], unescape(text), words, unescape(href))


def send_by(client: FlaskClient, method: str, path: str, **headers: str) -> Send:
    """Return what sends this request as a browser does; `{}` in its path is the language."""

    def send(language: str) -> Any:
        asked = {**HTML, "Accept-Language": language, **headers}
        with client.application.app_context():  # of its own, as a request has it
            return client.open(path.format(language), method=method, headers=asked)

    return send


@pytest.fixture
def ended(app: Flask) -> FlaskClient:
    """A browser whose session has ended."""
    with writing() as session:
        member_id = a_member(session).id
    client = signed_in(app, member_id)
    with writing() as session:
        sign_in_sessions.end_all_sessions(session, member_id, utc_now())
    return client


@pytest.fixture
def without_database(settings: Settings) -> FlaskClient:
    """A browser with a session, whose server does not reach its database."""
    app = create_app(replace(settings, database_url=AWAY))
    client = a_browser(app)
    client.set_cookie(name_of(settings), new_secret())
    return client


def check_helps(send: Send, wanted: Said) -> None:
    """Check what a page says in English, and that each language has words of its own for it."""
    english = said(send("en"))
    assert (english.status, english.heading, english.button, english.href) == (
        wanted.status,
        wanted.heading,
        wanted.button,
        wanted.href,
    )
    assert wanted.text in english.text
    pages = [said(send(language)) for language in LANGUAGES]
    assert {page.href for page in pages} == {wanted.href}
    for name in ("heading", "button"):
        assert len({getattr(page, name) for page in pages}) == len(LANGUAGES), name
    for page in pages:
        assert not re.search(r"Allow|header|API|JSON", page.text), "words of programs"


def test_what_is_not_found_leads_to_the_start(client: FlaskClient) -> None:
    wanted = Said(404, "We cannot find this page", "typing error", "To the start page", "/")
    check_helps(send_by(client, "GET", "/nowhere"), wanted)


def test_who_has_no_right_learns_whom_to_ask(app: Flask) -> None:
    wanted = Said(
        403, "This is not open to you", "ask the service manager", "To the start page", "/"
    )
    check_helps(send_by(a_person(app), "GET", "/targets?lang={}"), wanted)


def test_a_guest_signs_in_and_comes_to_the_page(client: FlaskClient) -> None:
    path = "/sign-in?next=%2Fbookings%3Fpast%3D1"
    wanted = Said(401, "Sign in first", "people who have signed in", "Sign in", path)
    check_helps(send_by(client, "GET", "/bookings?past=1"), wanted)


def test_after_the_session_has_ended_one_comes_back_to_the_page(ended: FlaskClient) -> None:
    path = "/sign-in?next=%2Fbookings%3Fpast%3D1"
    wanted = Said(401, "Sign in again", "Sign in to come back to this page", "Sign in", path)
    check_helps(send_by(ended, "GET", "/bookings?past=1"), wanted)


@pytest.mark.parametrize(
    ("referer", "onward"),
    [
        ("http://localhost/classes?day=2", "%2Fclasses%3Fday%3D2"),
        ("http://localhost/bookings/cancel-something", "%2Fme"),  # takes no GET
        ("https://evil.example/classes", "%2Fme"),
        ("http://[localhost/classes", "%2Fme"),  # no address at all
        ("http://localhost[/classes", "%2Fme"),
        ("http://\u2100.example/classes", "%2Fme"),
        ("", "%2Fme"),
    ],
)
def test_after_a_form_one_comes_back_to_its_page(
    ended: FlaskClient, referer: str, onward: str
) -> None:
    wanted = Said(401, "Sign in again", "was not stored", "Sign in", f"/sign-in?next={onward}")
    check_helps(send_by(ended, "POST", "/me/affiliations", Referer=referer), wanted)


def test_a_reloaded_form_leads_to_its_page(client: FlaskClient) -> None:
    wanted = Said(405, "There is nothing to show here", "takes a form", "Open the page", "/sign-in")
    check_helps(send_by(client, "GET", "/sign-in/code"), wanted)


def test_too_busy_says_that_nothing_is_lost_and_when_to_try(without_database: FlaskClient) -> None:
    send = send_by(without_database, "GET", "/classes?day=2")
    heading = "We cannot answer right now"
    check_helps(send, Said(503, heading, "Nothing is lost", "Try again", "/classes?day=2"))
    assert send("en").headers["Retry-After"] == "1"


def test_too_busy_for_a_form_says_that_it_was_not_stored(without_database: FlaskClient) -> None:
    send = send_by(without_database, "POST", "/me", Referer="http://localhost/me?next=%2Fclasses")
    heading, page = "We cannot answer right now", "/me?next=%2Fclasses"
    check_helps(send, Said(503, heading, "was not stored", "Back to the page", page))


@pytest.mark.own_database
def test_a_fault_of_ours_has_a_number_for_the_desk(app: Flask) -> None:
    @app.route("/breaks", methods=["GET", "POST"])
    @public
    def breaks() -> str:
        raise RuntimeError("planted")

    heading = "Something went wrong on our side"
    get, post = (send_by(a_browser(app), method, "/breaks") for method in ("GET", "POST"))
    check_helps(get, Said(500, heading, "tell the desk", "Try again", "/breaks"))
    check_helps(post, Said(500, heading, "whether what you sent", "Back to the page", "/breaks"))
    answer = get("en")
    assert answer.headers["X-Request-ID"] in said(answer).text


def test_a_rule_of_the_service_is_said_in_its_own_words(app: Flask) -> None:
    client = a_person(app)
    foreign = send_by(client, "POST", "/me/affiliations?lang={}", Origin="https://evil.example")
    wanted = Said(403, "That did not work", "own pages", "Back to the page", "/me")
    check_helps(foreign, wanted)


def check_the_way_back(app: Flask) -> None:
    """Check that who signs in from such a page comes back with the query."""
    with writing() as session:
        member_id = a_member(session).id
    page = said(a_browser(app).get("/bookings?past=1", headers=HTML))
    assert signed_in(app, member_id).get(page.href).location == "/bookings?past=1"


def test_signing_in_leads_back_to_where_one_was(app: Flask) -> None:
    check_the_way_back(app)


@pytest.mark.planted_fault("only the path is kept")
def test_a_page_that_forgets_the_query_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_page, "page_of", lambda request: request.path)
    with pytest.raises(AssertionError):
        check_the_way_back(app)


@pytest.mark.parametrize("host", ["x" * 64, ".", "zone..example.org"])
@pytest.mark.parametrize("path", ["/", "/nothing", "/desk", "/api/v1/campuses"])
def test_a_name_that_cannot_be_one_is_a_bad_request(app: Flask, host: str, path: str) -> None:
    """Of such a Host no address can be built, not even those that a page about errors holds."""
    answer = app.test_client().get(path, headers=HTML | {"Host": host})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
