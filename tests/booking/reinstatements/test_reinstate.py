"""A cancelled session is held after all."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member, a_session, an_actor, in_days
from tests.world.rendered_forms import forms_of
from zone.booking.allocations.invariants import INVARIANTS
from zone.booking.allocations.models import AllocationEvent
from zone.booking.bookings import service as bookings
from zone.booking.reinstatements.service import reinstate_session
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import cancel_session
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.places.opening_hours.service import set_exception


def cancelled(world: World, now: datetime) -> ClassSession:
    with writing() as session:
        row = a_session(session, world, start=in_days(1, now), now=now)
        boss = a_member(session, world, "boss", with_pass=False)
        return cancel_session(
            session, an_actor(boss, "manager"), row.public_id, reason="Ill", now=now
        )


def test_it_is_scheduled_again_with_its_history(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    row = cancelled(world, now)
    path = f"/api/v1/sessions/{row.public_id}/reinstate"
    for _ in range(2):
        back = manager.post(path, json={"reason": "Well again"})
        assert (back.status_code, back.get_json()["state"]) == (200, "scheduled")
    with writing() as session:
        kinds = select(AllocationEvent.kind).order_by(AllocationEvent.id)
        assert session.scalars(kinds).all() == ["scheduled", "cancelled", "scheduled"]
        wrong = {one.name: one.count_broken(session, now) for one in INVARIANTS}
    assert set(wrong.values()) == {0}, wrong


def test_a_closed_campus_keeps_it_cancelled(world: World, now: datetime) -> None:
    row = cancelled(world, now)
    with writing() as session:
        set_exception(
            session, campus_id=world.campus, day=row.on_day, opens=None, closes=None, reason="x"
        )
        with pytest.raises(DomainError) as refusal:
            reinstate_session(
                session,
                an_actor(a_member(session, world, "m"), "manager"),
                row.public_id,
                reason="x",
                now=now,
            )
    assert refusal.value.reasons[0].code == "place_closed"


def test_what_has_ended_stays_cancelled(world: World, now: datetime) -> None:
    row = cancelled(world, now)
    with writing() as session, pytest.raises(DomainError) as refusal:
        actor = an_actor(a_member(session, world, "m"), "manager")
        late = now + timedelta(days=2)
        reinstate_session(session, actor, row.public_id, reason="x", now=late)
    assert refusal.value.reasons[0].code == "session_held"


def test_nobody_is_told_of_what_is_cancelled_again_by_then(world: World, now: datetime) -> None:
    with writing() as session:
        row = a_session(session, world, start=in_days(1, now), now=now)
        anna = a_member(session, world, "anna", now=now)
        bookings.book(session, member_id=anna, class_session=row.public_id, now=now)
        boss = an_actor(a_member(session, world, "boss", with_pass=False), "manager")
        cancel_session(session, boss, row.public_id, reason="Ill", now=now)
        reinstate_session(session, boss, row.public_id, reason="Well", now=now)
        of_it = OutboxMail.template == "booking/session_reinstated"
        mail = session.scalars(select(OutboxMail).where(of_it)).one()
        assert still_holds(session, mail.question, mail.about, now)
        cancel_session(session, boss, row.public_id, reason="Ill again", now=now)
        assert not still_holds(session, mail.question, mail.about, now)


def test_the_page_of_the_session_offers_it(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    path = f"/manage/sessions/{cancelled(world, now).public_id}"
    [form] = forms_of(manager, path)
    assert form.submit(manager, "Hold the session after all", reason="x").status_code == 303
    assert "Cancel this session" in manager.get(f"{path}?lang=en").text
