"""Several days in a row get the same hours at once, with one question and one row each."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_session
from zone.booking.sessions.models import ClassSession
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.service import set_exception

PATH = "/api/v1/campuses/myllypuro/exceptions"


@pytest.fixture
def day(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


@pytest.fixture
def classes(world: World, now: datetime, day: date) -> None:
    """A class on each of four days; the third one goes on after midnight."""
    with writing() as session:
        set_exception(
            session,
            campus_id=world.campus,
            day=day + timedelta(days=2),
            opens=time(7),
            closes=time(3),
            reason="Night",
        )
        for number in range(4):
            start = from_helsinki(day + timedelta(days=number), time(23 if number == 2 else 17))
            a_session(session, world, start=start, minutes=120, now=now)


def form(day: date, last: date, **more: str) -> dict[str, str]:
    return {
        "campuses": "myllypuro",
        "day": str(day),
        "until": str(last),
        "reason": "Summer",
        **more,
    }


def closed_days() -> list[date]:
    with reading() as session:
        query = select(OpeningException.day).where(OpeningException.opens.is_(None))
        return list(session.scalars(query.order_by(OpeningException.day)))


def states() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(ClassSession.state).order_by(ClassSession.starts_at)))


def test_three_days_are_closed_after_one_question(
    manager: FlaskClient, classes: None, day: date
) -> None:
    last = day + timedelta(days=2)
    asked = manager.post("/manage/days?lang=en", data=form(day, last))
    assert (asked.status_code, closed_days()) == (200, [])
    assert "3 sessions or bookings fall outside" in asked.text
    assert "7.00–3.00, Night" in asked.text
    assert f'name="until" value="{last}"' in asked.text
    done = manager.post("/manage/days", data=form(day, last, confirm="cancel"))
    assert done.status_code == 303
    assert closed_days() == [day + timedelta(days=number) for number in range(3)]
    assert states() == ["cancelled", "cancelled", "cancelled", "scheduled"]
    with reading() as session:
        rows = select(func.count()).where(AuditRow.action == "campus.day")
        assert session.scalar(rows) == 3


def test_the_api_takes_them_too_and_names_each_session_once(
    manager: FlaskClient, classes: None, day: date
) -> None:
    body: dict[str, Any] = {
        "day": str(day),
        "until": str(day + timedelta(days=3)),
        "reason": "Summer",
    }
    stale = manager.post(PATH, json=body)
    assert (stale.status_code, stale.get_json()["current"]["reason"]) == (409, "Night")
    assert closed_days() == [], "nothing of it is stored"
    answer = manager.post(PATH, json=body | {"replace": True})
    assert answer.status_code == 201, answer.json
    assert (len(answer.get_json()["hits"]), answer.get_json()["until"]) == (4, body["until"])
    assert len(closed_days()) == 4
    assert states() == ["scheduled"] * 4


@pytest.mark.parametrize("days", [-1, 42, 400])
def test_reversed_and_too_many_days_are_refused(
    manager: FlaskClient, world: World, day: date, days: int
) -> None:
    last = day + timedelta(days=days)
    refused = manager.post(PATH, json={"day": str(day), "until": str(last), "reason": "x"})
    assert (refused.status_code, list(refused.get_json()["fields"]["json"])) == (422, ["until"])
    assert manager.post("/manage/days", data=form(day, last)).status_code == 422
    assert closed_days() == []
