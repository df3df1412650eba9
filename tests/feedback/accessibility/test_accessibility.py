"""Feedback on accessibility: from anybody, due in 14 days, answered once, deleted after a year."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.people import a_member, a_person, an_actor
from tests.world.races import outcomes
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.core.rate_limit.rules import Limit
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import first_values
from zone.feedback.accessibility import flows, jobs, queries, rules, service
from zone.feedback.accessibility.models import AccessibilityFeedback

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def form_id(page: str) -> str:
    [found] = re.findall(r'name="form" value="([^"]+)"', page)
    return str(found)


def send(guest: FlaskClient, **typed: str) -> Any:
    form = {"form": form_id(guest.get("/accessibility/feedback").text), "message": "Too small"}
    return guest.post("/accessibility/feedback?lang=en", data=form | typed)


def mails() -> list[OutboxMail]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def how_many() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(AccessibilityFeedback)) or 0


def name_a_contact(settings: Settings) -> None:
    with writing() as session:
        profile = replace(first_values(settings), email="hello@zone.example", version=1)
        values = {**profile.values, "version": 1}
        session.add(ServiceProfileRow(id=1, **values))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (datetime(2026, 11, 29, 10, tzinfo=UTC), date(2026, 12, 13)),
        # 00.30 of the next day in Helsinki
        (datetime(2026, 11, 29, 22, 30, tzinfo=UTC), date(2026, 12, 14)),
        # over the night in which the clock is moved
        (datetime(2026, 10, 20, 21, 30, tzinfo=UTC), date(2026, 11, 4)),
    ],
)
def test_an_answer_is_due_on_the_14th_day_in_helsinki(received: datetime, due: date) -> None:
    assert rules.due_on(received) == due
    assert rules.state_of(due, None, due) == "open"
    assert rules.state_of(due, None, due + timedelta(days=1)) == "overdue"
    assert rules.state_of(due, received, due + timedelta(days=1)) == "answered"


def test_a_guests_feedback_reaches_the_list_and_the_contact(
    app: Flask, settings: Settings, manager: FlaskClient
) -> None:
    name_a_contact(settings)
    guest = app.test_client()
    answer = send(guest, email="aino@example.org", message="The <b>queue</b> is too small")
    assert answer.status_code == 303
    assert "Thank you" in guest.get(answer.location).text
    page = manager.get("/manage/accessibility?lang=en").text
    assert "The &lt;b&gt;queue&lt;/b&gt; is too small" in page
    assert "answer by" in page
    [mail] = mails()
    assert mail.recipient == "hello@zone.example"
    assert "aino" not in mail.body
    assert "queue" not in mail.body, "the text ends with its retention, not with the mailbox"


def test_an_answer_is_mailed_and_ends_the_wait(app: Flask, manager: FlaskClient) -> None:
    send(app.test_client(), email="aino@example.org")
    [row] = manager.get("/api/v1/accessibility-feedback").get_json()["feedback"]
    path = f"/manage/accessibility/{row['id']}"
    data = {"answer": "It is larger now.", "key": "one"}
    assert [manager.post(path, data=data).status_code for _ in range(2)] == [303, 303]
    assert manager.post(path, data=data | {"key": "two"}).status_code == 409
    [mail] = mails()
    assert (mail.recipient, "It is larger now." in mail.body) == ("aino@example.org", True)
    [row] = manager.get("/api/v1/accessibility-feedback").get_json()["feedback"]
    assert row["state"] == "answered"


@pytest.mark.parametrize(
    "typed",
    [{"message": ""}, {"message": "x" * 4001}, {"email": "nobody"}, {"form": "x"}],
    ids=["nothing", "too long", "no address", "no form"],
)
def test_what_is_wrong_is_refused_and_kept_as_typed(app: Flask, typed: dict[str, str]) -> None:
    answer = send(app.test_client(), **{"message": "Kept", **typed})
    assert answer.status_code == 422
    assert ("Kept" in answer.text) == ("message" not in typed)
    assert how_many() == 0


def test_a_form_submitted_twice_is_stored_once(app: Flask) -> None:
    guest = app.test_client()
    again = {"form": str(new_public_id())}
    assert [send(guest, **again).status_code for _ in range(2)] == [303, 303]
    assert how_many() == 1


def test_a_machine_cannot_fill_the_list(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "FROM_CLIENT", Limit("accessibility-client", 2, timedelta(days=9)))
    guest = app.test_client()
    assert [send(guest).status_code for _ in range(3)] == [303, 303, 429]
    assert how_many() == 2


def test_only_management_reads_and_answers(app: Flask) -> None:
    desk, path = a_person(app, "desk"), f"/manage/accessibility/{new_public_id()}"
    assert desk.get("/manage/accessibility").status_code == 403
    assert desk.post(path, data={"answer": "No"}).status_code == 403
    assert a_person(app, "manager").post(path, data={"answer": "No"}).status_code == 404


def test_of_two_answers_at_once_one_is_sent(app: Flask, settings: Settings) -> None:
    public_id, now = new_public_id(), utc_now()
    with writing() as session:
        actor = an_actor(a_member(session).id, "manager")
        receive(session, settings, now, public_id)

    def answer() -> None:
        with writing() as session:
            service.answer(session, actor, public_id, text="Yes", now=now)

    assert outcomes(app, [answer] * 3) == {"done": 1, "feedback_answered": 2}
    assert len(mails()) == 1


@pytest.mark.planted_fault("an answer is stored over another")
def test_answers_without_the_condition_fail_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_store_answer", lambda *_values: True)
    with pytest.raises(AssertionError):
        test_of_two_answers_at_once_one_is_sent(app, settings)


def receive(session: Any, settings: Settings, now: datetime, public_id: Any = None) -> None:
    service.receive(
        session,
        public_id=public_id or new_public_id(),
        message="Too small",
        email="aino@example.org",
        language="fi",
        settings=settings,
        now=now,
    )


def test_feedback_ends_a_year_after_its_answer_was_given_or_due(
    app: Flask, settings: Settings
) -> None:
    now, public_id = utc_now(), new_public_id()
    with writing() as session:
        receive(session, settings, now, public_id)
        receive(session, settings, now)
        actor = an_actor(a_member(session).id, "manager")
        service.answer(session, actor, public_id, text="Yes", now=now)
        assert queries.overdue(session, rules.due_on(now)) == 0
        assert queries.overdue(session, rules.due_on(now) + timedelta(days=1)) == 1
    counts = []
    for days in (364, 366, 378, 381):
        jobs.delete_old_feedback(settings, now + timedelta(days=days))
        counts.append(how_many())
    assert counts == [2, 1, 1, 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_statement_says_what_the_law_asks(app: Flask, language: str) -> None:
    page = app.test_client().get(f"/accessibility?lang={language}").text
    data = queries.statement()
    assert data["state"] in ("full", "partial", "none")
    assert (data["state"] == "full") == (not data["gap"])
    for needed in ("Traficom", "306/2019", "14", "/accessibility/feedback", "WCAG 2.1"):
        assert needed in page, needed
    for gap in data["gap"]:
        assert gap[language] in page
        assert re.fullmatch(r"[1-4]\.\d\.\d{1,2}", gap["criterion"])
