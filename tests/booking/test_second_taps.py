"""A form that is tapped twice: the second tap shows what the first one did, and does it no second time."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.booking.world import World, a_member, a_session, an_offer
from tests.members.people import signed_in
from zone.booking.models import Booking, ClassSession, QueueEntry
from zone.core.clock import utc_now
from zone.db import reading, writing


@pytest.fixture
def yoga(world: World) -> ClassSession:
    """The day after tomorrow, with one place that can be booked."""
    with writing() as session:
        start = utc_now() + timedelta(days=2)
        return a_session(session, world, start=start, offer=an_offer(world, percent=10), now=utc_now())


def somebody(app: Flask, world: World, name: str) -> FlaskClient:
    with writing() as session:
        member = a_member(session, world, name, now=utc_now())
    return signed_in(app, member)


def test_a_class_is_booked_and_waited_for_once(app: Flask, world: World, yoga: ClassSession) -> None:
    anna, bert = somebody(app, world, "anna"), somebody(app, world, "bert")
    booked = [anna.post(f"/classes/{yoga.public_id}/book") for _ in range(2)]
    assert {answer.headers["Location"] for answer in booked} == {f"/classes/{yoga.public_id}?done=booked"}
    queued = [bert.post(f"/classes/{yoga.public_id}/queue") for _ in range(2)]
    assert {answer.headers["Location"] for answer in queued} == {f"/classes/{yoga.public_id}?done=queued"}
    with reading() as session:
        rows = [session.scalar(select(func.count(model.id))) for model in (Booking, QueueEntry)]
    assert rows == [1, 1]
