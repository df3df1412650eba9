"""The queue as programs and people see it: over HTTP, and on pages without JavaScript."""

import re
import uuid
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_person
from tests.world.people import a_browser
from tests.world.rendered_forms import text_of
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def holder(app: Flask, world: World, yoga: ClassSession, now: datetime) -> FlaskClient:
    """Who has the place."""
    client = a_person(app, world, "holder", now)
    assert client.post("/api/v1/bookings", json={"session": str(yoga.public_id)}).status_code == 201
    return client


@pytest.fixture
def bert(app: Flask, world: World, now: datetime) -> FlaskClient:
    return a_person(app, world, "bert", now)


def queue_of(yoga: ClassSession) -> str:
    return f"/api/v1/sessions/{yoga.public_id}/queue"


def test_a_refused_booking_carries_the_queue(
    holder: FlaskClient, anna: FlaskClient, bert: FlaskClient, yoga: ClassSession
) -> None:
    assert anna.post(queue_of(yoga)).status_code == 201
    refused = bert.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "session_full")
    assert refused.get_json()["queue"] == {
        "length": 1,
        "open": True,
        "entry": None,
        "offered_until": None,
    }


def test_joining_and_leaving_over_http(
    holder: FlaskClient, anna: FlaskClient, bert: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(queue_of(yoga))
    joined = bert.post(queue_of(yoga))
    assert (joined.status_code, joined.get_json()["state"], joined.get_json()["place"]) == (
        201,
        "waiting",
        2,
    )
    assert joined.get_json()["session"]["queue_length"] == 2
    [own] = bert.get("/api/v1/me/queue").get_json()["queue"]
    assert (own["id"], own["place"]) == (joined.get_json()["id"], 2)
    for _ in range(2):
        left = bert.delete(f"/api/v1/queue/{own['id']}")
        assert (left.status_code, left.get_json()["state"], left.get_json()["place"]) == (
            200,
            "left",
            None,
        )
    assert bert.get("/api/v1/me/queue").get_json()["queue"] == []


def test_the_first_is_booked_when_a_place_becomes_free(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(queue_of(yoga))
    [booking] = holder.get("/api/v1/me/bookings").get_json()["bookings"]
    cancelled = holder.delete(f"/api/v1/bookings/{booking['id']}").get_json()
    assert (
        cancelled["state"],
        cancelled["session"]["left"],
        cancelled["session"]["queue_length"],
    ) == (
        "cancelled",
        0,
        0,
    )
    [promoted] = anna.get("/api/v1/me/bookings").get_json()["bookings"]
    assert (promoted["state"], promoted["promoted"], promoted["session"]["id"]) == (
        "booked",
        True,
        str(yoga.public_id),
    )


def test_the_same_key_joins_once_and_answers_alike(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession
) -> None:
    key = {"Idempotency-Key": "tap-1"}
    first, again = (anna.post(queue_of(yoga), headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert anna.post(f"/api/v1/sessions/{uuid.uuid4()}/queue", headers=key).status_code == 422
    assert anna.post(queue_of(yoga)).get_json()["code"] == "already_queued"
    with reading() as session:
        assert session.scalar(select(func.count(QueueEntry.id))) == 1


def test_unknown_and_foreign_entries_are_not_found(
    app: Flask, holder: FlaskClient, anna: FlaskClient, bert: FlaskClient, yoga: ClassSession
) -> None:
    entry = anna.post(queue_of(yoga)).get_json()["id"]
    answers = [bert.delete(f"/api/v1/queue/{entry_id}") for entry_id in (entry, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json()["detail"] == answers[1].get_json()["detail"]
    assert bert.post(f"/api/v1/sessions/{uuid.uuid4()}/queue").status_code == 404
    assert bert.delete("/api/v1/queue/7").status_code == 404
    assert a_browser(app).post(queue_of(yoga)).status_code == 401


def form_in(page: str, action: str) -> str:
    """The address of the form that ends in `action`."""
    match = re.search(rf'action="([^"]*/{action})"', page)
    assert match is not None, page
    return match[1]


def test_joining_and_leaving_by_the_pages(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession
) -> None:
    page = anna.get(f"/classes/{yoga.public_id}").get_data(as_text=True)
    assert "Full – nobody in the queue yet" in page
    joined = anna.post(form_in(page, "queue"), follow_redirects=True).get_data(as_text=True)
    assert "You are in the queue: Yoga" in joined
    assert "You’re number 1 of 1 in the queue" in joined
    day = helsinki_date(yoga.starts_at).isoformat()
    day_page = anna.get(f"/classes?day={day}").get_data(as_text=True)
    assert "You’re number 1 of 1 in the queue" in day_page
    own = anna.get("/bookings").get_data(as_text=True)
    after_leaving = anna.post(form_in(own, "leave"), follow_redirects=True).get_data(as_text=True)
    assert "You have left the queue." in after_leaving
    assert "You’re number" not in after_leaving


def test_a_promoted_booking_shows_until_when_to_cancel(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession
) -> None:
    anna.post(queue_of(yoga))
    entry = anna.get("/api/v1/me/queue").get_json()["queue"][0]["id"]
    holder.post(form_in(holder.get("/bookings").get_data(as_text=True), "cancel"))
    own = text_of(anna.get("/bookings").text)
    assert "A place for you" in own
    assert "You got this place from the queue. If you can't come, give it up by" in own
    too_late = anna.post(f"/queue/{entry}/leave")
    assert too_late.status_code == 409
    assert "You have already got a place from the queue" in too_late.get_data(as_text=True)


def test_a_refusal_shows_the_reason_on_the_page(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession
) -> None:
    refused = holder.post(f"/classes/{yoga.public_id}/queue")
    assert refused.status_code == 409
    assert "You could not join the queue" in refused.get_data(as_text=True)
    assert "You already have a place in this session" in refused.get_data(as_text=True)


@pytest.mark.parametrize(("lang", "words"), [("fi", "Liity jonoon"), ("sv", "Ställ dig i kö")])
def test_queue_mails_are_in_the_persons_language(
    holder: FlaskClient, anna: FlaskClient, yoga: ClassSession, lang: str, words: str
) -> None:
    assert words in anna.get(f"/classes/{yoga.public_id}?lang={lang}").get_data(as_text=True)
