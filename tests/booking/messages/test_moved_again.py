"""Nobody is told of the new time of a class that is called off before the mail leaves."""

from collections.abc import Sequence
from datetime import time, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import World, an_actor
from tests.world.weekly_classes import (
    NOW,
    TODAY,
    a_class,
    an_offer,
    of_class,
    someone_books,
    the_manager,
    weekly,
)
from zone.booking.bookings.models import Booking
from zone.booking.messages import queries
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import ClassPlan
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail import delivery
from zone.core.mail.models import OutboxMail

pytestmark = pytest.mark.usefixtures("manager")


@pytest.fixture
def moved(app: Flask, world: World) -> UUID:
    """A class that somebody has booked, moved to 18.30; the mail waits."""
    rule = a_class(world)
    someone_books(world, rule)
    return move(world, rule, time(18, 30))


def move(world: World, rule: UUID, at: time) -> UUID:
    with writing() as session:
        version = weekly_classes.class_by_id(session, rule).version
        plan = ClassPlan(an_offer(world), weekly(starts_at=at), version, TODAY, "The hall")
        manager = an_actor(the_manager(), "manager")
        return weekly_classes.change_class(session, manager, rule, plan, now=NOW).rule


def told() -> list[tuple[str, str]]:
    """Return the template and the text of each mail to the booker that their class is off."""
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.dedupe.like("cancelled %"))
        return [(mail.template, mail.body) for mail in session.scalars(query)]


def check_a_class_that_moves_twice_is_told_once(world: World, moved: UUID) -> None:
    newest = move(world, moved, time(20))
    [(template, body)] = told()
    assert template == "booking/session_moved"
    assert "20.00" in body, "the new time"
    assert "18.30" not in body
    assert f"/classes/{of_class(newest)[0].public_id}" in body


def test_a_class_that_moves_twice_is_told_once(world: World, moved: UUID) -> None:
    check_a_class_that_moves_twice_is_told_once(world, moved)


def test_a_new_time_that_is_called_off_is_told_as_cancelled(moved: UUID) -> None:
    with writing() as session:
        sessions.cancel_session(
            session,
            an_actor(the_manager(), "manager"),
            of_class(moved)[0].public_id,
            reason="Ill",
            now=NOW,
        )
    [(template, body)] = told()
    assert template == "booking/session_cancelled"
    assert "18.30" not in body


def test_a_move_is_told_until_both_times_are_over(
    settings: Settings, world: World, moved: UUID
) -> None:
    with reading() as session:
        ends = select(ClassSession.ends_at, ClassSession.id).join(
            Booking, Booking.session_id == ClassSession.id
        )
        old_end = session.execute(ends).one().ends_at
    new_end = of_class(moved)[0].ends_at
    assert new_end > old_end
    with reading() as session:
        query = select(OutboxMail.not_after).where(OutboxMail.dedupe.like("cancelled %"))
        assert session.scalars(query).all() == [new_end]
    delivery.deliver(new_end + timedelta(minutes=1), settings)
    assert [body for _, body in told()] == [""], "erased"


@pytest.mark.planted_fault("mails that wait are not looked at")
def test_a_waiting_mail_that_stays_fails_the_check(
    world: World, moved: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_session: Session, _moved_to: UUID) -> Sequence[object]:
        return []

    monkeypatch.setattr(queries, "waiting_moves", nobody)
    with pytest.raises(AssertionError, match="the new time"):
        check_a_class_that_moves_twice_is_told_once(world, moved)
