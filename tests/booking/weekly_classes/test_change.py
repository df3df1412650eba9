"""Changes of weekly classes by the service: versions, and classes that have not begun."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_member, activity_root, an_actor
from tests.world.people import a_person
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_in, forms_of
from tests.world.weekly_classes import NOW, TODAY, a_class, an_offer, of_class, the_manager, weekly
from zone.booking.expansions import service as expansions
from zone.booking.policies import queries as policies_queries
from zone.booking.policies import service as policies
from zone.booking.policies.resolution import PolicyScope
from zone.booking.policies.service import PolicyChange
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import ClassPlan
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date, to_helsinki
from zone.members.roles import service as roles

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


@pytest.mark.thorough
@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("the version is not compared")
def test_without_the_version_the_second_change_overwrites(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly_classes, "refuse_stale", lambda *_: None)
    assert both_change(app, world) == {"done": 2}


def test_a_renamed_class_stays_what_passes_name(app: Flask, world: World) -> None:
    rule = a_class(world)

    def root_after(**changed: str) -> UUID:
        with writing() as session:
            version = weekly_classes.class_by_id(session, rule).version
            plan = ClassPlan(an_offer(world, **changed), weekly(), version, TODAY, "why")
            manager = an_actor(the_manager(), "manager")
            weekly_classes.change_class(session, manager, rule, plan, now=NOW)
        roots = {activity_root(one) for one in of_class(rule)}
        assert len(roots) == 1
        return roots.pop()

    circuit = a_class(world, name_fi="Circuit", space_id=world.hall)
    before = root_after(level="beginners")
    assert root_after(name_fi="Hatha", level="experienced") == before
    assert root_after(name_fi="Circuit") == activity_root(of_class(circuit)[0]) != before


def test_moving_a_class_before_it_begins_changes_it_in_place(app: Flask, world: World) -> None:
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
        expansions.expand_classes(session, datetime.combine(begins, time(), tzinfo=NOW.tzinfo))
    assert {to_helsinki(row.starts_at).time() for row in of_class(rule)} == {time(19)}


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


@pytest.mark.parametrize(
    ("hour", "kind"), [(17, "class"), (19, "class"), (17, "course")], ids=["named", "moved", "new"]
)
def test_a_class_with_another_text_keeps_its_rules_of_booking(
    app: Flask, world: World, hour: int, kind: str
) -> None:
    rule = a_class(world)
    manager = an_actor(the_manager(), "manager")
    with writing() as session:
        before = weekly_classes.class_by_id(session, rule)
        own = PolicyChange({"opens_days": 20}, PolicyScope(before.activity.id))
        policies.change_numbers(session, manager, own, version=1, now=NOW)
        plan = ClassPlan(
            an_offer(world, description_en="New", kind=kind),
            weekly(starts_at=time(hour)),
            before.version,
            TODAY,
            "why",
        )
        changed = weekly_classes.change_class(session, manager, rule, plan, now=NOW)
        after = weekly_classes.class_by_id(session, changed.rule)
        assert after.activity.id != own.scope.activity_id
        held = policies_queries.policies(session.connection(), NOW).of(after.activity.id)
    assert held.opens_days == 20


def test_a_change_from_a_past_day_changes_no_past_session(app: Flask, world: World) -> None:
    rule = a_class(world)
    with writing() as session, pytest.raises(DomainError):
        changed = an_offer(world, name_en="Changed")
        plan = ClassPlan(changed, weekly(), 99, date(2020, 1, 1), "why")
        weekly_classes.change_class(
            session, an_actor(the_manager(), "manager"), rule, plan, now=NOW
        )


def refused(world: World, plan: ClassPlan, rule: UUID) -> list[str]:
    with pytest.raises(DomainError) as refusal, writing() as session:
        actor = an_actor(the_manager(), "manager")
        weekly_classes.change_class(session, actor, rule, plan, now=NOW)
    return [reason.code for reason in refusal.value.reasons]


def test_a_change_after_the_last_day_is_refused(app: Flask, world: World) -> None:
    """It was said to be saved, and no session ever had it."""
    rule, when = a_class(world), weekly()
    late = when.last_on + timedelta(days=1)
    plan = ClassPlan(an_offer(world, name_en="New"), when, 1, late, "why")
    assert refused(world, plan, rule) == ["class_over"]
    longer = replace(plan, when=weekly(last_on=late + timedelta(days=7)))
    shorter = replace(plan, when=weekly(last_on=TODAY + timedelta(days=7)), from_day=TODAY)
    for version, allowed in enumerate((longer, shorter), start=1):
        with writing() as session:
            actor = an_actor(the_manager(), "manager")
            read = replace(allowed, version=version)
            weekly_classes.change_class(session, actor, rule, read, now=NOW)


def test_a_class_without_sessions_has_no_more_places_than_its_space(
    app: Flask, world: World
) -> None:
    """Of which no session would be asked: they are made too large later on."""
    first = TODAY + timedelta(days=200)
    when = weekly(first_on=first, last_on=first + timedelta(days=27))
    with writing() as session:
        actor = an_actor(the_manager(), "manager")
        made = weekly_classes.plan_class(session, actor, an_offer(world), when, now=NOW)
    assert (made.made, of_class(made.rule)) == (0, [])
    plan = ClassPlan(an_offer(world, capacity=11), when, 1, first, "why")
    assert refused(world, plan, made.rule) == ["class_invalid"]


def test_a_class_keeps_an_instructor_who_lost_the_role(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    """The rendered form has the person as an option: it would send "nobody" otherwise."""
    with writing() as session:
        instructor = a_member(session, world, "instructor")
        roles.grant_role(session, instructor, "instructor", NOW)
    rule = a_class(world, instructor_id=instructor)
    with writing() as session:
        roles.revoke_role(session, instructor, "instructor", NOW)
    path = f"/manage/classes/{rule}"
    [form] = [form for form in forms_of(manager, path) if "category" in form.data]
    shown = form.submit(manager, "Show what it does", category="strength", reason="New")
    assert "instructor (ei enää ohjaaja)" in shown.text
    [form] = [form for form in forms_in(shown.text, path) if "Tee muutos" in form.buttons]
    assert form.submit(manager, "Tee muutos").status_code == 303
    found = {(row.category, row.instructor_id) for row in of_class(rule)}
    assert found == {("strength", instructor)}
