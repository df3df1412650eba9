"""When a lottery is drawn, and when it ends without a draw."""

import uuid
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select, update

from tests.world import lotteries as world_of
from tests.world.booking import NOW, World, an_actor
from tests.world.lotteries import (
    DRAWS_AT,
    a_drawn_class,
    announce,
    broken,
    draw,
    enter,
    exported,
    mails,
    people,
)
from zone.booking.allocations.models import Allocation
from zone.booking.draws import jobs as draws_jobs
from zone.booking.lotteries import drawing, service
from zone.booking.lotteries.models import LotteryEnd
from zone.booking.lotteries.rules import KEY_FILE
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import from_helsinki


def test_the_lottery_of_a_cancelled_session_is_called_off(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID, settings: Settings
) -> None:
    enter(lottery, crew[1])
    with writing() as session:
        sessions.cancel_session(
            session,
            an_actor(crew[0], "manager"),
            drawn_class.public_id,
            reason="Ill",
            now=NOW,
        )
    assert draws_jobs.draw_lotteries(settings, NOW + timedelta(minutes=1)) == 1
    assert exported(lottery)["reason"] == "session_cancelled"
    assert len(mails("lottery_called_off")) == 1


def test_one_that_no_job_drew_in_time_is_called_off(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    enter(lottery, crew[1])
    assert draw(lottery, drawn_class.starts_at) is True
    assert exported(lottery)["reason"] == "draw_too_late"


def test_one_that_is_late_is_drawn_until_the_start(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    """Booking has closed by then: who entered in time does not lose by that."""
    enter(lottery, crew[1])
    assert draw(lottery, drawn_class.starts_at - timedelta(minutes=10)) is True
    assert world_of.states(lottery) == {crew[1]: "won"}


def test_a_draw_whose_secret_is_lost_is_refused_loudly(
    crew: list[int], drawn_class: ClassSession, settings: Settings
) -> None:
    lottery = announce(drawn_class, crew[0])
    enter(lottery, crew[1])
    with pytest.raises(DomainError, match="seed_unproven"):
        draws_jobs.draw_lotteries(settings, DRAWS_AT)
    assert world_of.states(lottery) == {crew[1]: "entered"}
    with writing() as session:
        service.call_off(session, an_actor(crew[0], "manager"), lottery, reason="-", now=NOW)


def test_the_job_draws_with_a_secret_from_before_a_rotation(
    crew: list[int], drawn_class: ClassSession, settings: Settings
) -> None:
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    lottery = announce(drawn_class, crew[0], secret=secret)
    secrets.rotate(settings.keys, KEY_FILE)
    enter(lottery, crew[1])
    assert draws_jobs.draw_lotteries(settings, DRAWS_AT) == 1
    assert draws_jobs.draw_lotteries(settings, DRAWS_AT) == 0
    assert drawing.faults_of(exported(lottery)) == []


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_one_that_cannot_be_drawn_stops_no_other(
    world: World, crew: list[int], drawn_class: ClassSession, settings: Settings
) -> None:
    announce(drawn_class, crew[0])
    other = a_drawn_class(world, now=NOW + timedelta(hours=3))
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    good = announce(other, crew[0], secret=secret)
    enter(good, crew[1])
    with pytest.raises(DomainError, match="seed_unproven"):
        draws_jobs.draw_lotteries(settings, DRAWS_AT)
    assert world_of.states(good) == {crew[1]: "won"}


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 3, 29)])
def test_a_draw_on_the_day_of_a_clock_change(world: World, day: date) -> None:
    """Its instant is what was promised: 3.30 comes twice in October, and not at all in March."""
    at = from_helsinki(day, time(3, 30))
    now = at - timedelta(days=1)
    crew = people(world, 3, now=now)
    of = a_drawn_class(world, places=1, now=now)
    lottery = announce(of, crew[0], opens_at=now, draws_at=at, now=now)
    for member in crew[1:]:
        enter(lottery, member, now)
    assert draw(lottery, at - timedelta(seconds=1)) is False
    assert draw(lottery, at) is True
    assert sorted(world_of.states(lottery).values()) == ["lost", "won"]
    assert drawing.faults_of(exported(lottery)) == []


def test_people_are_removed_and_the_draw_still_recomputes(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    enter(lottery, crew[1])
    draw(lottery)
    with writing() as session:
        long_after = drawn_class.ends_at + timedelta(days=1)
        assert service.remove_members(session, before=long_after, limit=10) == 1
    assert world_of.states(lottery) == {None: "won"}
    assert drawing.faults_of(exported(lottery)) == []
    assert broken() == {}


def test_ends_are_one_for_each_lottery(crew: list[int], lottery: uuid.UUID) -> None:
    draw(lottery)
    with reading() as session:
        assert session.scalar(select(func.count(LotteryEnd.id))) == 1


def test_one_of_a_session_that_was_moved_to_before_the_draw_is_called_off(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID, settings: Settings
) -> None:
    enter(lottery, crew[1])
    begins = NOW + timedelta(hours=1)
    with writing() as session:
        session.execute(
            update(Allocation)
            .where(Allocation.id == drawn_class.id)
            .values(starts_at=begins, ends_at=begins + timedelta(hours=1))
        )
    assert draws_jobs.draw_lotteries(settings, begins - timedelta(minutes=1)) == 0
    assert draws_jobs.draw_lotteries(settings, begins) == 1
    assert exported(lottery)["reason"] == "draw_too_late"
