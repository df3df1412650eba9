"""A class whose places change while people book its sessions: neither waits for the other twice."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.world.booking import World, a_member, an_actor, class_details
from tests.world.races import Meeting, at_once
from zone.booking.bookings import service as bookings
from zone.booking.policies.models import BookingPolicy
from zone.booking.promotions import service as promotions
from zone.booking.seats.service import lock_member
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import ClassPlan, Weekly
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("postgresql")


def check_a_change_while_somebody_joins(
    app: Flask, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bert waits for the first session, and joins the queue of the second during the change."""
    day = helsinki_date(now) + timedelta(days=2)
    when = Weekly((day.isoweekday(),), time(17), 60, day, day + timedelta(days=7))
    details = class_details(world, percent=10)
    with writing() as session:
        session.add(BookingPolicy(opens_days=14))
        boss, anna, bert = (
            a_member(session, world, name, now=now) for name in ("boss", "anna", "bert")
        )
        rule, _ = weekly_classes.create_class(session, details, when, now=now)
        rule_id, version = rule.id, rule.version
        first, second = session.scalars(select(ClassSession).order_by(ClassSession.starts_at))
    for held in (first, second):
        with writing() as session:
            bookings.book(session, member_id=anna, class_session=held.public_id, now=now)
    with writing() as session:
        waitlist.join(session, member_id=bert, class_session=first.public_id, now=now)
    meeting = Meeting()
    give, lock = promotions.give_places, lock_member

    def give_and_meet(session: Session, *args: Any) -> int:
        given = give(session, *args)
        meeting.come()
        return given

    def meet_and_lock(session: Session, member_id: int) -> None:
        meeting.come()
        lock(session, member_id)

    monkeypatch.setattr(promotions, "give_places", give_and_meet)
    monkeypatch.setattr(waitlist, "lock_member", meet_and_lock)

    def change() -> None:
        smaller = replace(details, capacity=9)
        plan = ClassPlan(smaller, when, version, day, "Smaller")
        with writing() as session:
            weekly_classes.change_class(
                session,
                an_actor(boss, "manager"),
                session.get_one(SessionRule, rule_id).public_id,
                plan,
                now=now,
            )

    def join() -> None:
        with writing() as session:
            waitlist.join(session, member_id=bert, class_session=second.public_id, now=now)

    at_once(app, [change, join])
    with reading() as session:
        assert set(session.scalars(select(ClassSession.capacity))) == {9}


def test_a_change_while_somebody_joins_does_not_deadlock(
    app: Flask, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_change_while_somebody_joins(app, world, now, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("sessions locked one after the other, with those who wait")
def test_locking_a_session_after_members_fails_the_check(
    app: Flask, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "lock_sessions", lambda *_: None)
    with pytest.raises(OperationalError, match="deadlock"):
        check_a_change_while_somebody_joins(app, world, now, monkeypatch)
