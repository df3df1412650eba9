"""A quota: never more than its places, held until paid, freed in time, and kept by a payment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import TERMS, bought, notices, ordered, pay_again, refused, report
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.shop import NOW, a_product, a_student, passes
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.passes.orders import service as orders
from zone.passes.quotas import invariants, queries, service
from zone.passes.quotas.models import Quota
from zone.passes.refunds import service as refunds

MINUTES = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def camp(shop: Flask) -> None:
    """Two places for a product."""
    with writing() as session:
        a_product(session, "camp", "sports_pass", ("gym",), 30, student=1000)
        service.set_quota(
            session, "camp", name="Camp", places=2, hold_minutes=30, products=["camp"]
        )


def taken() -> int:
    with reading() as session:
        assert invariants.count_wrong_quotas(session, NOW) == 0
        return session.scalars(select(Quota.taken)).one()


def students(number: int) -> list[int]:
    return [a_student(f"ostaja-{n}@zone.example") for n in range(number)]


def paid_at(order_id: int, at: datetime) -> None:
    report(notices(order_id, at=at)[0], at)


def a_manager() -> Actor:
    return an_actor(a_student("johtaja@zone.example"), "manager", "admin")


def free_due(at: datetime) -> int:
    with writing() as session:
        return service.free_places_due(session, at)


def order_now(member_id: int) -> None:
    with writing() as session:
        orders.place_order(session, member_id, "camp", now=NOW, **TERMS)


def test_an_order_takes_a_place_and_the_last_is_said() -> None:
    first, second, third = students(3)
    ordered(first, "camp")
    ordered(second, "camp")
    assert taken() == 2
    assert refused(lambda: ordered(third, "camp")) == "sold_out"
    assert taken() == 2


def test_an_unpaid_order_gives_its_place_back_in_time() -> None:
    first, second, third = students(3)
    ordered(first, "camp")
    ordered(second, "camp", now=NOW + timedelta(minutes=10))
    assert free_due(NOW + MINUTES - timedelta(seconds=1)) == 0
    assert free_due(NOW + MINUTES) == 1
    assert free_due(NOW + MINUTES) == 0
    ordered(third, "camp", now=NOW + MINUTES)
    assert taken() == 2


def test_a_paid_order_keeps_its_place_and_a_refund_frees_it(student: int) -> None:
    order_id = bought(student, "camp")
    assert free_due(NOW + timedelta(days=9)) == 0
    assert taken() == 1
    admin = a_manager()
    with writing() as session:
        refunds.refund_in_full(session, admin, order_id, reason="ill", now=NOW)
    assert taken() == 0


def test_a_payment_after_its_place_was_freed_takes_another_or_is_given_back() -> None:
    first, second, third = students(3)
    late, later = ordered(first, "camp"), ordered(second, "camp")
    assert free_due(NOW + MINUTES) == 2
    ordered(third, "camp", now=NOW + MINUTES)
    paid_at(late, NOW + 2 * MINUTES)
    paid_at(later, NOW + 2 * MINUTES)
    assert (passes(first), passes(second)) == (1, 0)
    assert taken() == 2


def test_an_order_that_is_paid_again_needs_a_place() -> None:
    first, second, third = students(3)
    left = ordered(first, "camp")
    free_due(NOW + MINUTES)
    for member_id in (second, third):
        ordered(member_id, "camp", now=NOW + MINUTES)

    assert refused(lambda: pay_again(left, NOW + MINUTES)) == "sold_out"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_who_want_the_last_places_two_get_them(shop: Flask) -> None:
    assert outcomes(shop, [partial(order_now, one) for one in students(8)]) == {
        "done": 2,
        "sold_out": 6,
    }
    assert taken() == 2


@pytest.mark.engines("sqlite", "postgresql")
def test_a_payment_and_the_job_that_frees_its_place_agree(shop: Flask, student: int) -> None:
    order_id = ordered(student, "camp")
    works: list[Callable[[], object]] = [partial(paid_at, order_id, NOW + MINUTES)]
    works += [partial(free_due, NOW + MINUTES)] * 3
    outcomes(shop, works)
    assert (passes(student), taken()) == (1, 1)


@pytest.mark.planted_fault("an order takes no place of the counter")
def test_places_that_nobody_counts_fail_the_check(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_take", lambda _session, _quota_id: True)
    ordered(student, "camp")
    with pytest.raises(AssertionError):
        taken()


def test_a_manager_sets_a_quota_once_and_not_below_what_is_taken(student: int) -> None:
    ordered(student, "camp")
    manager = a_manager()

    def save(places: int, version: int) -> int:
        with writing() as session:
            return service.save_quota(
                session,
                manager,
                "camp",
                name="Camp",
                places=places,
                hold_minutes=30,
                products=["camp"],
                version=version,
                now=NOW,
            ).version

    assert save(5, 1) == 2
    assert refused(lambda: save(6, 1)) == "edited_meanwhile"
    assert refused(lambda: save(0, 2)) == "quota_taken"
    with reading() as session:
        (view,) = queries.quotas(session)
    assert (view.places, view.taken, view.products) == (5, 1, ["camp"])
