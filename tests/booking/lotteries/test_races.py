"""Lotteries when several act at once: two schedulers, and people who enter at the last moment."""

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.booking import NOW, World
from tests.world.lotteries import (
    DRAWS_AT,
    a_drawn_class,
    announce,
    draw,
    enter,
    exported,
    people,
    states,
)
from tests.world.races import at_once, outcomes
from tests.world.waitlist import check_queues
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.lotteries import drawing, queries
from zone.booking.lotteries.invariants import INVARIANTS
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail

AT_ONCE = 8


def check_sound(lottery: uuid.UUID) -> None:
    assert drawing.faults_of(exported(lottery)) == []
    with reading() as session:
        assert {one.name: one.count_broken(session, NOW) for one in INVARIANTS} == {
            one.name: 0 for one in INVARIANTS
        }
    check_queues(DRAWS_AT)


@pytest.fixture
def crew(world: World) -> list[int]:
    return people(world, AT_ONCE + 1)


@pytest.fixture
def drawn_class(world: World) -> ClassSession:
    return a_drawn_class(world, places=3)


@pytest.fixture
def lottery(crew: list[int], drawn_class: ClassSession) -> uuid.UUID:
    return announce(drawn_class, crew[0])


def draw_at_once(app: Flask, crew: list[int], lottery: uuid.UUID) -> None:
    """Let four schedulers draw at once, and check that one of them did."""
    for member in crew[1:]:
        enter(lottery, member)
    assert sorted(at_once(app, [partial(draw, lottery)] * 4)) == [False, False, False, True]
    with reading() as session:
        mails = session.scalar(
            select(func.count(OutboxMail.id)).where(OutboxMail.template.like("booking/lottery_%"))
        )
        assert mails == AT_ONCE
        assert session.scalar(select(func.count(Booking.id))) == 3
    check_sound(lottery)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_several_schedulers_one_draws(app: Flask, crew: list[int], lottery: uuid.UUID) -> None:
    draw_at_once(app, crew, lottery)


@pytest.mark.thorough
@pytest.mark.planted_fault("the draw does not look whether another one was faster")
def test_a_draw_that_does_not_look_fails_the_check(
    app: Flask, crew: list[int], lottery: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "end_of", lambda *_: None)
    # The database refuses the second end.
    with pytest.raises(DomainError, match="lottery_over"):
        draw_at_once(app, crew, lottery)


def enter_while_it_is_drawn(app: Flask, crew: list[int], lottery: uuid.UUID) -> None:
    """Let people enter while it is drawn, and check that who got in has an outcome."""
    enter(lottery, crew[1])
    entering: list[Callable[[], object]] = [
        partial(enter, lottery, member, NOW) for member in crew[2:]
    ]
    came = outcomes(app, [*entering, partial(draw, lottery)])
    assert set(came) <= {"done", "lottery_over"}
    assert set(states(lottery).values()) <= {"won", "lost"}
    assert len(states(lottery)) == came["done"]  # the draw itself is one, beside who was in before
    check_sound(lottery)


@pytest.mark.engines("sqlite", "postgresql")
def test_who_enters_at_the_moment_of_the_draw_is_drawn_or_refused(
    app: Flask, crew: list[int], lottery: uuid.UUID
) -> None:
    enter_while_it_is_drawn(app, crew, lottery)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_announcements_one_is_made(
    app: Flask, crew: list[int], drawn_class: ClassSession
) -> None:
    came = outcomes(app, [partial(announce, drawn_class, crew[0])] * 4)
    assert came == {"done": 1, "lottery_committed": 3}


@pytest.mark.engines("sqlite", "postgresql")
def test_a_booking_beside_the_announcement_is_made_or_refused(
    app: Flask, crew: list[int], drawn_class: ClassSession
) -> None:
    def book(member: int) -> None:
        with writing() as session:
            bookings.book(session, member_id=member, class_session=drawn_class.public_id, now=NOW)

    came = outcomes(
        app, [partial(announce, drawn_class, crew[0]), *(partial(book, one) for one in crew[1:4])]
    )
    with reading() as session:
        booked = session.scalar(select(func.count(Booking.id))) or 0
        live = len(queries.live_lotteries(session))
    assert (booked, live) in {(0, 1), (3, 0)}, came
