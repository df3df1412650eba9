"""At once: two cancellations begin one ban, and an appeal is decided once."""

import time
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.marks import a_marked_booking
from tests.world.races import outcomes
from zone.booking.attendance_marks import service
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.booking_bans import service as booking_bans
from zone.booking.booking_bans.models import BookingBan
from zone.booking.booking_bans.rules import DueBan, due_bans
from zone.booking.bookings import service as bookings
from zone.core.db.transactions import reading, writing

START = NOW + timedelta(hours=3)
LATE = START - timedelta(minutes=40)


def check_one_ban(app: Flask, world: World) -> None:
    """Four late cancellations of one person, each tapped twice: two bans of two marks each."""
    with writing() as session:
        anna = a_member(session, world, "anna")
        made = []
        for number in range(4):
            offer = class_details(world, percent=10, kind="online", space=None)
            start = START + timedelta(minutes=5 * number)
            row = a_session(session, world, start=start, minutes=5, offer=offer)
            made.append((row.public_id, start))
    booked = []
    for public_id, _ in made:
        with writing() as session:
            one = bookings.book(session, member_id=anna, class_session=public_id, now=NOW)
            booked.append(one.public_id)
    now = LATE + timedelta(minutes=30)

    def cancel(public_id: uuid.UUID) -> None:
        with writing() as session:
            bookings.cancel(session, member_id=anna, booking=public_id, now=now, late=True)

    works = [partial(cancel, public_id) for public_id in booked for _ in range(2)]
    assert outcomes(app, works) == Counter(done=8)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(AttendanceMark)) == 4
        assert session.scalar(select(func.count()).select_from(BookingBan)) == 2


@pytest.mark.engines("sqlite", "postgresql")
def test_late_cancellations_at_once_begin_each_ban_once(app: Flask, world: World) -> None:
    check_one_ban(app, world)


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("the person is not locked")
def test_without_the_lock_of_the_member_the_check_fails(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge_slowly(*given: Any) -> list[DueBan]:
        time.sleep(0.2)  # until the others have read their marks too
        return due_bans(*given)

    monkeypatch.setattr(bookings, "lock_member", lambda *_: None)
    monkeypatch.setattr(booking_bans, "due_bans", judge_slowly)
    with pytest.raises(AssertionError):
        check_one_ban(app, world)


@pytest.mark.engines("sqlite", "postgresql")
def test_an_appeal_is_decided_once(app: Flask, world: World) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna")
        staff = [a_member(session, world, f"desk{n}", with_pass=False) for n in range(4)]
        row = a_session(session, world, start=START)
        bookings.book(session, member_id=anna, class_session=row.public_id, now=NOW)
        mark = a_marked_booking(session).public_id
    with writing() as session:
        service.appeal(session, member_id=anna, mark=mark, text="I was there", now=LATE)

    def decide(member: int, lift: bool) -> None:
        with writing() as session:
            actor = an_actor(member, "desk")
            service.decide(session, actor, mark, lift=lift, reason="So it is", now=LATE)

    works = [partial(decide, member, number % 2 == 0) for number, member in enumerate(staff)]
    assert outcomes(app, works) == Counter(done=1, appeal_decided=3)
