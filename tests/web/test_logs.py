"""One JSON line for each request, by which an error is found, without personal data."""

import logging
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.core.mail.test_delivery import post, through
from tests.world.jobs import NOW
from tests.world.logs import Log, log
from tests.world.people import HOST, a_member, a_person, signed_in
from tests.world.smtp import Mailbox, server
from zone.core import safe_error
from zone.core.config import Settings, SettingsError
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.jobs.rules import Job
from zone.core.jobs.runner import run_due
from zone.core.mail import delivery
from zone.core.mail.delivery import MailUndeliveredError
from zone.core.safe_error import describe_with_traceback
from zone.members.people.models import Member
from zone.scheduler import JOBS
from zone.web import logs
from zone.web.auth import public
from zone.web.context import REQUEST_ID

MARK = "zzmarked"
NAME = f"Aino {MARK.title()}"
EMAIL = f"{MARK}@example.org"
FIELDS = (
    "time",
    "level",
    "logger",
    "message",
    "request_id",
    "method",
    "route",
    "status",
    "ms",
    "actor",
)


def test_a_request_is_one_line_with_its_rule_and_not_its_address(client: FlaskClient) -> None:
    with log() as written:
        client.get("/receipts/2026-17?reader=someone")
    [line] = written.lines
    assert tuple(line) == FIELDS
    assert (line["method"], line["route"], line["status"], line["actor"]) == (
        "GET",
        "/receipts/<number>",
        401,
        "nobody",
    )
    assert line["time"].endswith("+00:00")
    assert 0 <= line["ms"] < 60_000


def test_a_line_says_what_kind_of_actor_asked(app: Flask) -> None:
    client = a_person(app)
    with log() as written:
        client.get("/api/v1/me")
    assert (written.last()["actor"], written.last()["status"]) == ("person", 200)


def test_a_refusal_names_its_request_so_that_it_can_be_found(client: FlaskClient) -> None:
    with log() as written:
        answer = client.get("/api/v1/me")
    assert (
        answer.get_json()["request_id"]
        == answer.headers[REQUEST_ID]
        == written.last()["request_id"]
    )


def test_a_proxys_request_id_is_kept(client: FlaskClient) -> None:
    given = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    assert client.get("/healthz", headers={REQUEST_ID: given}).headers[REQUEST_ID] == given


@pytest.mark.parametrize(
    "given", ["short", "a" * 65, "aino@example.org", 'x","level":"error', "täysin-outo-nimi", ""]
)
def test_another_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/healthz", headers={REQUEST_ID: given.encode().decode("latin-1")})
    assert len(answer.headers[REQUEST_ID]) == 32
    assert answer.headers[REQUEST_ID] != client.get("/healthz").headers[REQUEST_ID]


def test_text_is_for_people(client: FlaskClient) -> None:
    with log("text") as written:
        client.get("/healthz")
    assert " info zone.request: answered request_id=" in written.text
    assert " route=/healthz status=200 " in written.text


def test_any_other_format_is_refused() -> None:
    with pytest.raises(SettingsError, match="ZONE_LOG_FORMAT"):
        logs.formatter("xml")


def test_of_a_library_only_the_constant_text_is_logged() -> None:
    with log() as written:
        gunicorn = logging.getLogger("gunicorn.error.test")
        gunicorn.error("Error handling request %s %d", f"/people/{MARK}", 7)
        gunicorn.warning("Invalid request from ip=192.0.2.7: " + MARK)
        gunicorn.error(KeyError(MARK))
    assert [line["message"] for line in written.lines] == [
        "Error handling request … 7",
        "Invalid request",
        "KeyError",
    ]


def test_an_error_of_a_library_is_logged_by_its_place_alone() -> None:
    with log() as written:
        try:
            raise KeyError(MARK)
        except KeyError:
            logging.getLogger("gunicorn.error.test").error(
                "Exception in worker", exc_info=sys.exc_info()
            )
    assert "test_logs.py" in written.last()["error"]
    assert MARK not in written.text


def failing(app: Flask) -> None:
    """Views and a job that fail while they handle personal data."""

    @app.get("/planted/<who>")
    @public
    def planted(who: str) -> str:
        raise LookupError(f"{who} {EMAIL}")

    @app.get("/refused")
    @public
    def refused() -> str:
        with writing() as session:
            session.add(
                Member(
                    public_id=new_public_id(),
                    holder=-1,
                    email=EMAIL,
                    name=NAME,
                    language="fi",
                    created_at=NOW,
                )
            )
        return ""

    app.config["PROPAGATE_EXCEPTIONS"] = False


def drive(app: Flask, settings: Settings) -> str:
    """Run the main flows with one person's data in all of them; return what was logged."""
    failing(app)
    with log() as written:
        _ask_around(app)
        _sign_in(app)
        with writing() as session:
            person = a_member(session, email=EMAIL, name=NAME).id
        client = signed_in(app, person)
        cookie = client.get_cookie("zone")
        assert cookie is not None
        for path in (
            "/me",
            "/pass",
            "/classes",
            "/bookings",
            f"/planted/{MARK}",
            "/refused",
            f"/buy/{MARK}",
        ):
            client.get(path)
        _behind_the_scenes(app, settings)
    assert cookie.value not in written.text
    check_lines(written)
    return written.text


def _ask_around(app: Flask) -> None:
    stranger = app.test_client()
    stranger.get(f"/no/such/{MARK}?email={EMAIL}")
    stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {MARK}"})
    stranger.get("/api/v1/me", headers={"Authorization": f"Bearer zt_{MARK}", REQUEST_ID: EMAIL})
    stranger.set_cookie("zone", MARK, domain="localhost")
    stranger.get(
        "/me",
        headers={"User-Agent": MARK, "Referer": f"{HOST}/{MARK}", "X-Forwarded-For": "192.0.2.77"},
    )
    stranger.open("/healthz", method=MARK.upper())


def _sign_in(app: Flask) -> None:
    browser = app.test_client()
    browser.post("/api/v1/sign-in/code", json={"email": EMAIL}, headers={"Origin": HOST})
    wrong = {"email": EMAIL, "code": MARK, "name": NAME, "language": "fi"}
    browser.post("/api/v1/sign-in", json=wrong, headers={"Origin": HOST})
    browser.post(
        "/sign-in/code", data={"email": EMAIL, "next": f"/{MARK}"}, headers={"Origin": HOST}
    )
    browser.post(
        "/api/v1/sign-in/password",
        json={"email": EMAIL, "password": MARK},
        headers={"Origin": HOST},
    )


def _behind_the_scenes(app: Flask, settings: Settings) -> None:
    def broken(_settings: Settings, _now: object) -> int:
        raise ValueError(f"cannot write to {NAME} <{EMAIL}>")

    run_due(app, Job("broken", JOBS[0].every, broken), NOW)
    post(EMAIL)
    mailbox = Mailbox()
    mailbox.refuse = {EMAIL: f"421 {EMAIL}, go away"}
    with server(mailbox) as address:

        def deliver(_settings: Settings, _now: object) -> int:
            delivery.deliver(NOW, through(settings, address))
            raise MailUndeliveredError("SMTPServerDisconnected")

        run_due(app, Job("mail", JOBS[0].every, deliver), NOW)


def check_lines(written: Log) -> None:
    """Check that each line is whole JSON, and that the flows were logged at all."""
    lines = written.lines
    assert all(tuple(line)[:4] == FIELDS[:4] for line in lines)
    assert {"/planted/<who>", "/api/v1/sign-in", "(none)", "/me"} <= {
        line.get("route") for line in lines
    }
    assert {"LookupError", "IntegrityError"} <= {
        word.strip(":") for line in lines for word in line["message"].split()
    }
    assert [line["job"] for line in lines if "job" in line] == ["broken", "mail"]


def check_names_nobody(said: str) -> None:
    for personal in (MARK, NAME, "192.0.2.77", "127.0.0.1"):
        assert personal.casefold() not in said.casefold()


@pytest.mark.own_database
def test_no_line_of_the_main_flows_names_anybody(app: Flask, settings: Settings) -> None:
    check_names_nobody(drive(app, settings))


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("a line with the address of the page")
def test_a_line_with_the_address_of_the_page_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "method_of", lambda request: f"{request.method} {request.full_path}")
    said = drive(app, settings)
    with pytest.raises(AssertionError):
        check_names_nobody(said)


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("an error told with its text")
def test_an_error_logged_with_its_text_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_error, "_safe_part", str)
    assert "planted" in describe_with_traceback(ValueError("planted")), "the fault is there"
    said = drive(app, settings)
    with pytest.raises(AssertionError):
        check_names_nobody(said)
