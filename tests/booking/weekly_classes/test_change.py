"""Changes of weekly classes by the service: versions, and classes that have not begun."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, an_actor
from tests.world.people import a_person
from tests.world.races import outcomes
from tests.world.weekly_classes import NOW, TODAY, a_class, an_offer, of_class, the_manager, weekly
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import ClassPlan
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date

pytestmark = [pytest.mark.usefixtures("manager"), pytest.mark.engines("sqlite")]


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def both_change(app: Flask, world: World) -> dict[str, int]:
    """Two managers who saw the same class change it at once."""
    rule = a_class(world)
    with reading() as session:
        version = weekly_classes.class_by_id(session, rule).version

    def work(name: str) -> Callable[[], object]:
        def change() -> None:
            with writing() as session:
                plan = ClassPlan(an_offer(world, name_en=name), weekly(), version, TODAY, "why")
                weekly_classes.change_class(
                    session, an_actor(the_manager(), "manager"), rule, plan, now=NOW
                )

        return change

    return dict(outcomes(app, [work("One"), work("Two")]))


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_simultaneous_changes_one_is_refused(app: Flask, world: World) -> None:
    assert both_change(app, world) == {"done": 1, "edited_meanwhile": 1}


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("the version is not compared")
def test_without_the_version_the_second_change_overwrites(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly_classes, "refuse_stale", lambda *_: None)
    assert both_change(app, world) == {"done": 2}


def test_moving_a_class_before_it_begins_leaves_no_session(app: Flask, world: World) -> None:
    begins = TODAY + timedelta(days=60)
    with writing() as session:
        rule = weekly_classes.plan_class(
            session,
            an_actor(the_manager(), "manager"),
            an_offer(world),
            weekly(first_on=begins, last_on=begins + timedelta(days=60)),
            now=NOW,
        ).rule
    with writing() as session:
        version = weekly_classes.class_by_id(session, rule).version
        later = weekly(starts_at=time(19), first_on=begins, last_on=begins + timedelta(days=60))
        weekly_classes.change_class(
            session,
            an_actor(the_manager(), "manager"),
            rule,
            ClassPlan(an_offer(world), later, version, TODAY, "why"),
            now=NOW,
        )
    with writing() as session:
        weekly_classes.expand_classes(session, datetime.combine(begins, time(), tzinfo=NOW.tzinfo))
    assert of_class(rule) == []


def test_moving_a_class_does_not_make_it_begin_earlier(app: Flask, world: World) -> None:
    begins = TODAY + timedelta(days=14)
    days = {"first_on": begins, "last_on": begins + timedelta(days=14)}
    with writing() as session:
        rule = weekly_classes.plan_class(
            session, an_actor(the_manager(), "manager"), an_offer(world), weekly(**days), now=NOW
        ).rule
    with writing() as session:
        version = weekly_classes.class_by_id(session, rule).version
        plan = ClassPlan(an_offer(world), weekly(starts_at=time(19), **days), version, TODAY, "why")
        moved = weekly_classes.change_class(
            session, an_actor(the_manager(), "manager"), rule, plan, now=NOW
        ).rule
    assert len(of_class(moved)) > 0
    assert min(helsinki_date(row.starts_at) for row in of_class(moved)) >= begins


def test_a_change_from_a_past_day_changes_no_past_session(app: Flask, world: World) -> None:
    rule = a_class(world)
    with writing() as session, pytest.raises(DomainError):
        changed = an_offer(world, name_en="Changed")
        plan = ClassPlan(changed, weekly(), 99, date(2020, 1, 1), "why")
        weekly_classes.change_class(
            session, an_actor(the_manager(), "manager"), rule, plan, now=NOW
        )
