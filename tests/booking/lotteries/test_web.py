"""Lotteries over HTTP: the API and the pages, for guests, people and managers."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_person
from tests.world.lotteries import a_drawn_class
from zone.booking.draws import jobs as draws_jobs
from zone.booking.sessions.models import ClassSession
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.time import to_helsinki


@pytest.fixture
def drawn_class(world: World, now: datetime) -> ClassSession:
    return a_drawn_class(world, places=1, now=now)


def times(now: datetime) -> dict[str, str]:
    draws_at = now + timedelta(days=1)
    return {"opens_at": now.isoformat(), "draws_at": draws_at.isoformat()}


@pytest.fixture
def lottery(manager: FlaskClient, drawn_class: ClassSession, now: datetime) -> dict[str, Any]:
    answer = manager.post(f"/api/v1/sessions/{drawn_class.public_id}/lottery", json=times(now))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def enter(person: FlaskClient, lottery: dict[str, Any], key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return person.post(f"/api/v1/lotteries/{lottery['id']}/entries", headers=headers)


def test_a_person_enters_withdraws_and_enters_again(
    anna: FlaskClient, lottery: dict[str, Any]
) -> None:
    first = enter(anna, lottery, key="one-and-the-same")
    assert first.status_code == 201
    assert enter(anna, lottery, key="one-and-the-same").get_json() == first.get_json()
    assert enter(anna, lottery).get_json()["code"] == "already_entered"
    assert anna.get("/api/v1/me/lotteries").get_json()["entries"] == [first.get_json()]
    path = f"/api/v1/lotteries/entries/{first.get_json()['ticket']}"
    assert [anna.delete(path).get_json()["state"] for _ in range(2)] == ["withdrawn"] * 2
    assert anna.get("/api/v1/me/lotteries").get_json()["entries"] == []
    assert enter(anna, lottery).get_json()["ticket"] == first.get_json()["ticket"]


def test_booking_says_when_places_are_drawn(
    anna: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any]
) -> None:
    booked = anna.post("/api/v1/bookings", json={"session": str(drawn_class.public_id)})
    assert (booked.status_code, booked.get_json()["code"]) == (409, "places_are_drawn")
    asked = anna.get(f"/api/v1/sessions/{drawn_class.public_id}/can-book").get_json()
    assert [reason["code"] for reason in asked["reasons"]] == ["places_are_drawn"]
    assert "drawn on" in asked["reasons"][0]["detail"]
    joined = anna.post(f"/api/v1/sessions/{drawn_class.public_id}/queue")
    assert joined.get_json()["code"] == "places_are_drawn"


def test_the_timetable_of_the_api_names_the_draw(
    anna: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any]
) -> None:
    ticket = enter(anna, lottery).get_json()["ticket"]
    shown = anna.get("/api/v1/sessions").get_json()["sessions"]
    [drawn] = [one for one in shown if one["id"] == str(drawn_class.public_id)]
    assert drawn["lottery"]["ticket"] == ticket
    assert drawn["lottery"]["draws_at"] == lottery["draws_at"]


def test_what_was_announced_is_not_announced_differently(
    manager: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any], now: datetime
) -> None:
    other = times(now) | {"draws_at": (now + timedelta(days=2)).isoformat()}
    again = manager.post(f"/api/v1/sessions/{drawn_class.public_id}/lottery", json=other)
    assert (again.status_code, again.get_json()["code"]) == (409, "lottery_committed")
    assert "Call it off" in again.get_json()["detail"]


def test_only_managers_announce_and_call_off(
    anna: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any], now: datetime
) -> None:
    path = f"/api/v1/sessions/{drawn_class.public_id}/lottery"
    assert anna.post(path, json=times(now)).status_code == 403
    called_off = anna.post(f"/api/v1/lotteries/{lottery['id']}/call-off", json={"reason": "no"})
    assert called_off.status_code == 403


def test_an_unknown_lottery_is_not_found(anna: FlaskClient, world: World) -> None:
    unknown = uuid.uuid4()
    assert anna.get(f"/api/v1/lotteries/{unknown}").status_code == 404
    assert anna.get(f"/lotteries/{unknown}").status_code == 404
    assert anna.post(f"/api/v1/lotteries/{unknown}/entries").status_code == 404
    assert anna.delete(f"/api/v1/lotteries/entries/{unknown}").status_code == 404


def test_another_person_s_ticket_is_not_found(
    app: Flask, world: World, anna: FlaskClient, lottery: dict[str, Any], now: datetime
) -> None:
    ticket = enter(anna, lottery).get_json()["ticket"]
    other = a_person(app, world, "other", now)
    assert other.delete(f"/api/v1/lotteries/entries/{ticket}").status_code == 404


def test_calling_off_is_audited_with_its_reason(
    manager: FlaskClient, lottery: dict[str, Any]
) -> None:
    path = f"/api/v1/lotteries/{lottery['id']}/call-off"
    for _tap in range(2):
        answer = manager.post(path, json={"reason": "The hall is smaller"})
        assert answer.get_json()["state"] == "called_off"
    with reading() as session:
        rows = session.execute(
            select(AuditRow.action, AuditRow.reason)
            .where(AuditRow.object_kind == "lottery")
            .order_by(AuditRow.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("lottery.announce", None),
        ("lottery.call_off", "The hall is smaller"),
    ]


def test_one_tap_on_the_page_of_the_class_enters_and_withdraws(
    anna: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any]
) -> None:
    path = f"/classes/{drawn_class.public_id}"
    assert f'action="{path}/enter"' in anna.get(path).text
    page = anna.post(f"{path}/enter", follow_redirects=True)
    assert "You are in the draw" in page.text
    assert enter(anna, lottery).get_json()["code"] == "already_entered"
    assert anna.post(f"{path}/enter").status_code == 303  # the second tap
    page = anna.post(f"{path}/withdraw", follow_redirects=True)
    assert f'action="{path}/enter"' in page.text
    assert anna.post(f"{path}/withdraw").status_code == 303


def test_the_card_of_the_timetable_has_the_same_button(
    anna: FlaskClient, drawn_class: ClassSession, lottery: dict[str, Any]
) -> None:
    day = to_helsinki(drawn_class.starts_at).date()
    cards = anna.get(f"/classes?day={day}").text
    assert f'action="/classes/{drawn_class.public_id}/enter"' in cards
    assert "Places are drawn" in cards


def test_a_guest_sees_the_lottery_without_names_and_who_entered_their_ticket(
    app: Flask, anna: FlaskClient, lottery: dict[str, Any]
) -> None:
    ticket = enter(anna, lottery).get_json()["ticket"]
    path = f"/lotteries/{lottery['id']}"
    guest = app.test_client().get(path).text
    assert lottery["commitment"] in guest
    assert ticket in guest
    assert "anna" not in guest
    assert "Your ticket" not in guest
    assert "Your ticket" in anna.get(path).text


def test_after_the_draw_the_page_shows_the_seed_and_the_outcome(
    app: Flask, anna: FlaskClient, lottery: dict[str, Any], settings: Settings, now: datetime
) -> None:
    enter(anna, lottery)
    path = f"/lotteries/{lottery['id']}"
    assert "The seed" not in app.test_client().get(path).text
    assert draws_jobs.draw_lotteries(settings, now + timedelta(days=1)) == 1
    drawn = app.test_client().get(f"/api/v1{path}").get_json()
    assert drawn["entries"][0]["outcome"] == "won"
    page = app.test_client().get(path).text
    assert drawn["seed"] in page
    assert "Won a place" in page


def test_a_manager_announces_and_calls_off_on_the_page_of_the_session(
    manager: FlaskClient, drawn_class: ClassSession, now: datetime
) -> None:
    session_path = f"/manage/sessions/{drawn_class.public_id}"
    path = f"{session_path}/lottery"
    assert path in manager.get(session_path).text
    draws = to_helsinki(now + timedelta(days=1))
    form = {
        "key": "announced-once",
        "opens_day": to_helsinki(now).date().isoformat(),
        "opens_time": "00:00",
        "draws_day": draws.date().isoformat(),
        "draws_time": f"{draws:%H:%M}",
    }
    wrong = manager.post(path, data=form | {"draws_time": ""})
    assert "Say when the places are drawn" in wrong.text
    for _tap in range(2):
        assert manager.post(path, data=form).status_code == 303
    assert "Call the draw off" in manager.get(path).text
    refused = manager.post(path, data=form | {"key": "another"})
    assert refused.status_code == 409
    off = {"key": "off", "call_off": "1", "reason": "The hall is smaller"}
    assert manager.post(path, data=off).status_code == 303
    page = manager.get(path).text
    assert "The hall is smaller" in page
    assert "Announce the draw" in page
    with reading() as session:
        query = select(func.count(AuditRow.id)).where(AuditRow.object_kind == "lottery")
        assert session.scalar(query) == 2


def test_after_the_draw_has_begun_nobody_can_change_the_page_of_a_booked_session(
    manager: FlaskClient, anna: FlaskClient, drawn_class: ClassSession
) -> None:
    anna.post("/api/v1/bookings", json={"session": str(drawn_class.public_id)})
    page = manager.get(f"/manage/sessions/{drawn_class.public_id}/lottery").text
    assert "cannot be drawn" in page
    assert "Announce the draw" not in page


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"opens_at": "yesterday", "draws_at": "tomorrow"},
        {"opens_at": "9999-12-31T00:00:00+00:00", "draws_at": "9999-12-31T23:59:59+00:00"},
        {"opens_at": "2026-09-14T09:00:00", "draws_at": "2026-09-14T09:00:00"},
        {"opens_at": 7, "draws_at": None},
    ],
)
def test_times_that_are_none_are_refused_and_nothing_is_stored(
    manager: FlaskClient, drawn_class: ClassSession, body: dict[str, Any]
) -> None:
    answer = manager.post(f"/api/v1/sessions/{drawn_class.public_id}/lottery", json=body)
    assert answer.status_code in (409, 422), answer.text
    shown = manager.get(f"/api/v1/sessions/{drawn_class.public_id}/can-book")
    assert shown.get_json()["can_book"]
