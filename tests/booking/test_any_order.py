"""Whatever people and staff do in whatever order, booking stays what a small model says."""

import random
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.booking_machine import PEOPLE, PLACES, STARTS
from tests.world.drawing_machine import EveryOrder
from zone.booking.bookings import service as bookings
from zone.booking.lotteries import service as lotteries
from zone.booking.promotions import service as promotions
from zone.booking.waitlist import rules as waitlist_rules
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


def check_any_order(
    world: World, *, runs: int, steps: int, phases: Sequence[Phase] = FIND_AND_SHRINK
) -> None:
    """Let hypothesis look for an order of steps after which service and model differ."""
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
    run_state_machine_as_test(
        type("EveryOrderHere", (EveryOrder,), rows),
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


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("places are booked without asking at any time")
def test_a_place_that_nobody_was_asked_about_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitlist_rules, "books_by_itself", lambda *_: True)
    check_fails(world)
