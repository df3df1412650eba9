"""Nobody is told of the new time of a class that is called off before the mail leaves."""

from datetime import time
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

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
from zone.booking.move_messages import service as move_messages
from zone.booking.sessions import service as sessions
from zone.booking.waitlist.models import QueueEntry
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import ClassPlan
from zone.core.db.transactions import reading, writing
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
    """Return the template and the text of each mail to the booker but the confirmation."""
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template != "booking/booked")
        return [(mail.template, mail.body) for mail in session.scalars(query)]


def check_a_class_that_moves_twice_is_told_once(world: World, moved: UUID) -> None:
    move(world, moved, time(20))
    texts = told()
    assert [template for template, _ in texts] == ["booking/first_right"], "the new time"
    assert "20.00" in texts[0][1]
    assert "18.30" not in texts[0][1]


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
    assert [template for template, _ in told()] == ["booking/session_cancelled"]
    with reading() as session:
        assert set(session.scalars(select(QueueEntry.state))) == {"removed"}


@pytest.mark.planted_fault("mails that wait are not looked at")
def test_a_waiting_mail_that_stays_fails_the_check(
    world: World, moved: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_messages, "withdraw_move", lambda *_: False)
    with pytest.raises(AssertionError, match="the new time"):
        check_a_class_that_moves_twice_is_told_once(world, moved)
