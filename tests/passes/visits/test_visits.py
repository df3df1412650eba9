"""A pass of so many visits: a row for each, the last one once, and what no visit was left for."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import bought, ordered
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.shop import NOW, TODAY, a_pass, a_student, marks, record_use
from zone.core.db.transactions import reading, writing
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.queries import product_by_code
from zone.passes.orders import queries as orders_queries
from zone.passes.orders.models import Order
from zone.passes.pass_rights.queries import rights_of
from zone.passes.pass_rules.rules import FIRST_RULES
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.passes import queries
from zone.passes.passes.models import Pass
from zone.passes.visits import invariants, service
from zone.passes.visits.models import PassVisit
from zone.passes.visits.queries import unpaid_visits

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def visits(student: int) -> int:
    """The id of a pass of 2 visits, valid 90 days."""
    with writing() as session:
        catalogue.set_product(
            session,
            code="two",
            kind="single_visit",
            names=("Kaksi", "Två", "Two"),
            entitlements=("gym",),
            length_days=90,
            visits=2,
        )
        catalogue.set_price(session, "two", role="student", cents=900, valid_from=date(2020, 1, 1))
    bought(student, "two")
    with reading() as session:
        return session.scalars(select(Pass.id)).one()


def comes(member_id: int, at: datetime, reported: datetime | None = None) -> int | None:
    with writing() as session:
        return record_use(
            session,
            member_id,
            kinds=["gym"],
            campus="myllypuro",
            occurred_at=at,
            recorded_at=reported or at,
        )


def numbers() -> list[int | None]:
    with reading() as session:
        assert invariants.count_wrong_visits(session, NOW) == 0
        return list(session.scalars(select(PassVisit.number).order_by(PassVisit.id)))


def left(member_id: int) -> int | None:
    with reading() as session:
        return queries.passes_of(session, member_id, NOW)[0].visits_left


def opens_until(member_id: int, now: datetime) -> datetime:
    with reading() as session:
        return max(one.valid_until for one in rights_of(session, [member_id], now)[member_id])


def test_each_visit_is_a_row_and_coming_in_again_is_none(student: int, visits: int) -> None:
    assert left(student) == 2
    comes(student, NOW)
    comes(student, NOW + FIRST_RULES.visit_lasts)
    assert (numbers(), left(student)) == ([1], 1)
    before = marks(student)
    comes(student, NOW + DAY)
    assert (numbers(), left(student)) == ([1, 2], 0)
    assert marks(student) > before


def test_after_the_last_visit_doors_open_only_for_that_one(student: int, visits: int) -> None:
    comes(student, NOW)
    assert opens_until(student, NOW) > NOW + 30 * DAY
    comes(student, NOW + DAY)
    assert opens_until(student, NOW + DAY) == NOW + DAY + FIRST_RULES.visit_lasts


def test_a_visit_lasts_as_the_rules_of_its_day_say(student: int, visits: int) -> None:
    manager = an_actor(a_student("johtaja@zone.example"), "manager")
    tomorrow = TODAY + DAY
    with writing() as session:
        rules = replace(FIRST_RULES, visit_minutes=30)
        set_pass_rules(session, manager, tomorrow, rules, NOW)
    comes(student, NOW)
    comes(student, NOW + HOUR)
    assert numbers() == [1]
    comes(student, NOW + DAY)
    assert opens_until(student, NOW + DAY) == NOW + DAY + timedelta(minutes=30)
    comes(student, NOW + DAY + HOUR)
    assert numbers() == [1, 2, None]


def test_a_last_visit_at_two_offline_doors_is_told_to_staff(student: int, visits: int) -> None:
    comes(student, NOW)
    comes(student, NOW + DAY)
    comes(student, NOW + 2 * DAY, reported=NOW + 3 * DAY)
    assert numbers() == [1, 2, None]
    with reading() as session:
        (told,) = unpaid_visits(session)
        assert told.occurred_at == NOW + 2 * DAY
        assert invariants.count_unpaid_visits(session, NOW + 4 * DAY) == 1
        assert invariants.count_unpaid_visits(session, NOW + 30 * DAY) == 0


def test_a_late_report_of_the_same_visit_costs_nothing(student: int, visits: int) -> None:
    comes(student, NOW)
    comes(student, NOW - 2 * HOUR, reported=NOW + DAY)
    comes(student, NOW, reported=NOW + DAY)
    assert numbers() == [1]


def test_a_visit_is_spent_only_without_another_pass(student: int, visits: int) -> None:
    term = a_pass(student)
    assert comes(student, NOW) == term
    assert numbers() == []


def test_new_visits_can_be_bought_for_today(student: int, visits: int) -> None:
    order_id = ordered(student, "two")
    with reading() as session:
        lines = orders_queries.order_view(session, session.get_one(Order, order_id), NOW)
        product = product_by_code(session, "two")
        assert queries.next_free_day(session, student, product, TODAY) == TODAY
    assert lines.outdated is False


@pytest.mark.engines("sqlite", "postgresql")
def test_two_doors_at_once_give_the_last_visit_once(shop: Flask, student: int, visits: int) -> None:
    comes(student, NOW)
    at_once(shop, [partial(comes, student, NOW + n * DAY) for n in (1, 2, 3)])
    assert sorted(numbers(), key=str) == [1, 2, None, None]


@pytest.mark.planted_fault("the last visit is given again")
def test_visits_that_nobody_counts_fail_the_check(
    student: int, visits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend = service.spend_visits
    monkeypatch.setattr(
        "zone.passes.passes.service.spend_visits",
        lambda session, uses, granted, **more: spend(
            session, uses, dict.fromkeys(granted, 9), **more
        ),
    )
    for day in range(3):
        comes(student, NOW + day * DAY)
    with pytest.raises(AssertionError):
        numbers()
