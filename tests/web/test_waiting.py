"""Whoever has waited too long for a thread is told so, in a page that tries again by itself."""

import re
from collections import deque
from collections.abc import Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from tests.world.people import HOST, a_browser, a_person
from zone.core.errors import DomainError
from zone.web import queue_wait
from zone.web.queue_wait import LONGEST_WAIT

pytestmark = pytest.mark.engines("sqlite")
HTML = {"Accept": "text/html"}
HEADINGS = {
    "en": "We cannot answer right now",
    "fi": "Emme voi juuri nyt vastata",
    "sv": "Vi kan inte svara just nu",
}


@pytest.fixture
def late() -> Iterator[None]:
    """Let the requests of this test have waited for longer than a person waits."""
    queue_wait.note_wait(LONGEST_WAIT + 0.5)
    yield
    queue_wait.note_wait(0)


def check_told_to_wait(client: FlaskClient, path: str) -> None:
    """Check that a late request gets a page in the person's language, and a program a problem."""
    for language, heading in HEADINGS.items():
        page = client.get(path, headers=HTML | {"Accept-Language": language})
        assert page.status_code == 503
        assert heading in page.text
        assert int(page.headers["Refresh"]) >= int(page.headers["Retry-After"]) >= LONGEST_WAIT
    problem = client.get("/api/v1/campuses")
    assert (problem.status_code, problem.get_json()["code"]) == (503, "busy")
    assert int(problem.headers["Retry-After"]) >= LONGEST_WAIT
    assert "Refresh" not in problem.headers


def test_who_is_late_reads_that_the_page_tries_again(late: None, app: Flask) -> None:
    check_told_to_wait(a_browser(app), "/classes?day=2")


@pytest.mark.planted_fault("late requests are served")
def test_late_requests_that_are_served_fail_the_check(
    late: None, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_wait, "LONGEST_WAIT", 60.0)
    with pytest.raises(AssertionError):
        check_told_to_wait(a_browser(app), "/classes?day=2")


def test_the_page_needs_no_database(
    late: None, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr("zone.web.read_connection.open_read_connection", refuse)
    assert a_person(app).get("/bookings", headers=HTML).status_code == 503


def test_they_do_not_all_come_back_in_the_same_second(late: None, client: FlaskClient) -> None:
    seconds = {client.get("/classes", headers=HTML).headers["Retry-After"] for _ in range(40)}
    assert len(seconds) > 3


def test_a_form_is_kept_and_sent_again(
    late: None, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"email": 'a"b<c>@example.org', "key": "k1"}
    refused = a_browser(app).post("/sign-in?next=%2Fclasses", data=form, headers=HTML)
    assert refused.status_code == 503
    assert "Refresh" not in refused.headers, "the browser would open the address, without the form"
    assert 'action="/sign-in?next=%2Fclasses"' in refused.text
    kept = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', refused.text)
    assert kept == [("email", "a&#34;b&lt;c&gt;@example.org"), ("key", "k1")]


def test_a_password_is_not_written_into_the_page(late: None, app: Flask) -> None:
    form = {"current": "old secret", "password": "new secret"}
    refused = a_person(app).post("/me/password", data=form, headers=HTML)
    assert refused.status_code == 503
    assert "secret" not in refused.text


def test_a_form_of_another_site_is_refused_and_not_kept(late: None, app: Flask) -> None:
    client = a_browser(app)
    client.environ_base["HTTP_ORIGIN"] = "https://evil.example"
    refused = client.post("/sign-in", data={"email": "a@example.org"}, headers=HTML)
    assert refused.status_code == 403
    assert "a@example.org" not in refused.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_supervisor_is_answered(late: None, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_page_finds_its_style(late: None, client: FlaskClient) -> None:
    page = client.get("/classes", headers=HTML).text
    style = re.search(r'href="([^"]+zone\.css)"', page)
    assert style is not None
    assert client.get(style[1]).status_code == 200


def test_what_a_payment_provider_reports_is_taken(late: None, client: FlaskClient) -> None:
    reported = client.post("/payments/development/callback", headers={"Origin": HOST})
    assert reported.status_code not in (500, 503)


def test_the_more_are_sent_away_the_later_they_come_back(
    late: None, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else thousands come back each few seconds, and the service does nothing but refuse them."""
    monkeypatch.setattr(queue_wait, "_sent_away", deque())
    pauses = []
    with app.test_request_context("/classes"):
        for _ in range(900):
            with pytest.raises(DomainError) as refusal:
                queue_wait.refuse_late(app, request)
            pauses.append(refusal.value.extra["retry_after"])
    few = queue_wait.LONGEST_WAIT + 1 + queue_wait.SPREAD
    assert max(pauses[:20]) <= few
    assert max(pauses[-200:]) > 10 * queue_wait.SPREAD
    assert max(pauses) <= queue_wait.LONGEST_WAIT + 1 + queue_wait.LONGEST_SPREAD
