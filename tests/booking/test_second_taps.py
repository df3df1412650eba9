"""A form that is submitted twice is carried out once, and both answers lead to the same page."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_member, a_session, class_details
from tests.world.people import signed_in
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing


@pytest.fixture
def yoga(world: World) -> ClassSession:
    """The day after tomorrow, with one place that can be booked."""
    with writing() as session:
        start = utc_now() + timedelta(days=2)
        return a_session(
            session, world, start=start, offer=class_details(world, percent=10), now=utc_now()
        )


def somebody(app: Flask, world: World, name: str) -> FlaskClient:
    with writing() as session:
        member = a_member(session, world, name, now=utc_now())
    return signed_in(app, member)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_second_tap_books_and_joins_once(app: Flask, world: World, yoga: ClassSession) -> None:
    anna, bert = somebody(app, world, "anna"), somebody(app, world, "bert")
    booked = [anna.post(f"/classes/{yoga.public_id}/book") for _ in range(2)]
    assert {answer.headers["Location"] for answer in booked} == {
        f"/classes/{yoga.public_id}?done=booked"
    }
    queued = [bert.post(f"/classes/{yoga.public_id}/queue") for _ in range(2)]
    assert {answer.headers["Location"] for answer in queued} == {
        f"/classes/{yoga.public_id}?done=queued"
    }
    with reading() as session:
        rows = [session.scalar(select(func.count(model.id))) for model in (Booking, QueueEntry)]
    assert rows == [1, 1]


@pytest.mark.parametrize("deed", [{"cancel": "1"}, {"capacity": "8", "version": "1"}])
def test_a_second_tap_changes_a_session_once(
    manager: FlaskClient, yoga: ClassSession, deed: dict[str, str]
) -> None:
    path = f"/manage/sessions/{yoga.public_id}"
    form = deed | {"reason": "Ill", "key": key_in(manager.get(path).text)}
    assert [manager.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    with reading() as session:
        assert session.scalar(select(func.count(AuditRow.id))) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_a_second_tap_creates_a_term_once(manager: FlaskClient) -> None:
    days = {"kind": "spring", "starts_on": "2031-01-06", "ends_on": "2031-05-30"}
    form = days | {"key": key_in(manager.get("/manage/terms").text)}
    assert [manager.post("/manage/terms", data=form).status_code for _ in range(2)] == [303, 303]
    assert manager.post("/manage/terms", data=days).status_code == 422


def key_in(page: str) -> str:
    match = re.search(r'name="key" value="([^"]+)"', page)
    assert match is not None, page
    return match[1]
