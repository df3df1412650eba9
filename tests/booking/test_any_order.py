"""Whatever people and staff do in whatever order, booking stays what a small model says."""

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.booking_machine import PEOPLE, PLACES, STARTS
from tests.world.drawing_machine import EveryOrder
from zone.booking.bookings import service as bookings
from zone.booking.draws import service as draws
from zone.booking.lotteries import service as lotteries
from zone.booking.moves import service as moves
from zone.booking.promotions import service as promotions
from zone.booking.rebookings import service as rebookings
from zone.booking.reinstatements import service as reinstatements
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.waitlist import rules as waitlist_rules
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import writing

FIND_AND_SHRINK = (Phase.generate, Phase.shrink)


@pytest.fixture(autouse=True)
def tickets_that_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the ids of lotteries from `random`, which hypothesis seeds: a run that fails must fail
    again, and the ids decide who wins.
    """
    monkeypatch.setattr(
        lotteries, "new_public_id", lambda: uuid.UUID(int=random.getrandbits(128), version=4)
    )


def order_here(world: World) -> type[EveryOrder]:
    """Store classes and people; return the machine of these."""
    with writing() as session:
        offers = [
            class_details(world, kind="online", space=None, capacity=places, percent=100)
            for places in PLACES
        ]
        made = [
            a_session(session, world, start=NOW + start, offer=offer)
            for start, offer in zip(STARTS, offers, strict=True)
        ]
        rows: dict[str, Any] = {
            "people": tuple(a_member(session, world, f"p{n}") for n in range(PEOPLE)),
            "manager": a_member(session, world, "manager", with_pass=False),
            "classes": tuple((one.id, one.public_id) for one in made),
            "world": world,
        }
    return type("EveryOrderHere", (EveryOrder,), rows)


def check_any_order(
    world: World, *, runs: int, steps: int, phases: Sequence[Phase] = FIND_AND_SHRINK
) -> None:
    """Let hypothesis look for an order of steps after which service and model differ."""
    run_state_machine_as_test(
        order_here(world),
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.engines("sqlite")
def test_service_and_model_agree(app: Flask, world: World) -> None:
    check_any_order(world, runs=25, steps=12)


@pytest.mark.thorough
@pytest.mark.timeout(7200)
@pytest.mark.engines("sqlite", "postgresql")
def test_service_and_model_agree_after_thousands_of_runs(app: Flask, world: World) -> None:
    check_any_order(world, runs=3000, steps=40)


def check_fails(world: World) -> None:
    with pytest.raises(AssertionError):
        check_any_order(world, runs=300, steps=20, phases=(Phase.generate,))


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a place that is given back stays taken")
def test_a_lost_place_is_found(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookings, "release_seat", lambda *_: True)
    check_fails(world)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a place that was kept stays taken when its offer ends")
def test_a_kept_place_that_is_lost_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "release_seat", lambda *_: True)
    check_fails(world)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("places are booked without asking at any time")
def test_a_place_that_nobody_was_asked_about_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitlist_rules, "books_by_itself", lambda *_: True)
    check_fails(world)


# Moves and draws: a random order seldom gets that far within a few seconds, so here are the steps.


@dataclass
class Chosen:
    """What a step draws."""

    value: object

    def draw(self, _strategy: object) -> Any:
        return self.value


def an_offer_comes_near(order: EveryOrder) -> None:
    """A place is kept until 91 minutes before the class, which then moves by 75."""
    order.begin([(list(range(PEOPLE)), 0)], minutes=179, marks=2)
    order.cancel(Chosen((0, 0)), late=False)
    order.move(0, -60)
    order.move(0, -15)


def a_draw(order: EveryOrder) -> None:
    """Two people enter the draw of one place."""
    order.begin([], minutes=0, marks=2)
    order.announce(2, opens=0, draws=30, people=list(range(PEOPLE)), most=2)
    order.wait(30)
    order.draw()


def a_rebooking(order: EveryOrder) -> None:
    order.begin([], minutes=0, marks=2)
    order.book(0, 0)
    order.rebook(Chosen((0, 0)), 2)


def a_reinstatement(order: EveryOrder) -> None:
    order.begin([(list(range(PEOPLE)), 0)], minutes=70, marks=2)
    order.call_off(0, sure=0)
    order.reinstate()


def check_steps(world: World, steps: Callable[[EveryOrder], None]) -> None:
    """Check that service and model agree after these steps."""
    order = order_here(world)()
    try:
        steps(order)
        order.check_state()
        order.check_lotteries()
    finally:
        order.teardown()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("steps", [an_offer_comes_near, a_draw, a_rebooking, a_reinstatement])
def test_service_and_model_agree_after_steps(
    app: Flask, world: World, steps: Callable[[EveryOrder], None]
) -> None:
    check_steps(world, steps)


def check_differ(world: World, steps: Callable[[EveryOrder], None]) -> None:
    with pytest.raises(AssertionError):
        check_steps(world, steps)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("an offer outlasts booking of a class that was moved")
def test_an_offer_beyond_the_closing_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "not_beyond", lambda _closes, until: until)
    check_differ(world, an_offer_comes_near)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a draw puts nobody into the queue")
def test_a_draw_without_a_queue_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_added = SimpleNamespace(queues_of=waitlist.queues_of, add_last=lambda *_: None)
    monkeypatch.setattr(draws, "waitlist", nobody_added)
    check_differ(world, a_draw)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("the old place of a booking that moves stays taken")
def test_a_place_lost_by_rebooking_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up_only_the_booking(*args: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(bookings, "release_seat", lambda *_: True)
            bookings.give_up(*args)

    monkeypatch.setattr(rebookings, "give_up", give_up_only_the_booking)
    check_differ(world, a_rebooking)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("who had a place in a cancelled class has it again when it is held")
def test_places_that_come_back_are_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_places_back(session: Session, row: Any, told: Sequence[int], *_: object) -> None:
        for member in told:
            if reserve_seat(session, row.public_id):
                write_booking(session, row.id, member, NOW, cancel_until=row.starts_at)

    monkeypatch.setattr(reinstatements, "post_reinstatement", give_places_back)
    check_differ(world, a_reinstatement)
