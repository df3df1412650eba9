"""A till with its own series: its sales are numbered in it, gapless, anew after a restore."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.passes.tills.test_tills import (
    CODE,
    alone,
    clerk,
    close_now,
    desk,
    open_now,
    sale_of,
    sold,
)
from tests.world import counter
from tests.world.checkout import refused
from tests.world.counter import Desk, a_person
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import form_with
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import to_helsinki
from zone.passes.numbering.service import begin_after_restore, begin_series
from zone.passes.receipts.invariants import count_years_with_gaps
from zone.passes.receipts.models import Receipt
from zone.passes.refunds import service as refunds
from zone.passes.tills import invariants, queries, service

__all__ = ["clerk", "desk"]


@pytest.fixture
def boss(desk: Desk) -> Actor:
    return an_actor(desk.staff_id, "admin", "manager")


def set_series(actor: Actor, series: str, code: str = CODE) -> None:
    with writing() as session:
        service.set_series(session, actor, code, series=series, now=utc_now())


def numbers() -> list[str]:
    """The receipts' numbers less their year, which may change while a test runs."""
    with reading() as session:
        assert count_years_with_gaps(session, utc_now()) == 0
        assert invariants.count_other_series(session, utc_now()) == 0
        stored = session.scalars(select(Receipt).order_by(Receipt.id))
        return [f"{one.series}-{one.number}" for one in stored]


def test_a_till_numbers_its_sales_in_its_own_series_from_the_next_on(
    desk: Desk, clerk: Actor, boss: Actor
) -> None:
    open_now(clerk)
    people = [a_person(desk, f"p{n}", with_pass=False) for n in range(4)]
    sold(desk, people[0])
    set_series(boss, "M1")
    sold(desk, people[1])
    set_series(boss, "M1")
    sold(desk, people[2], method="card_terminal")
    assert numbers() == ["T-1", "M1-1", "M1-2"]
    close_now(clerk)
    sold(desk, people[3], method="card_terminal")
    assert numbers()[-1] == "T-2", "a closed till has no part in it"
    with reading() as session:
        assert queries.till_view(session, CODE, utc_now()).series == "M1"
        order = session.scalars(select(Receipt.order_id).where(Receipt.series == "M1")).first()
    open_now(clerk)
    with writing() as session:
        refunds.refund_in_full(session, boss, order or 0, reason="ill", now=utc_now())
    assert numbers()[-1] == "C-1", "what gives money back has one series for all"


def test_a_code_is_never_that_of_other_receipts(desk: Desk, boss: Actor) -> None:
    with writing() as session:
        service.set_till(session, "other", campus="myllypuro", name="Sali", now=utc_now())
    set_series(boss, "M1")
    set_series(boss, "M2")
    for taken in ("T", "C", "L", "M1", "M2"):
        assert refused(partial(set_series, boss, taken, "other")) == "series_taken"
    with reading() as session:
        assert [one.series for one in queries.till_views(session, utc_now())] == ["", "M2"]


def test_the_page_and_the_api_set_the_series(desk: Desk) -> None:
    staff = counter.browser(desk, "desk", "admin", "manager")
    staff.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ACCEPT": "text/html"}
    form = form_with(staff, f"/desk/tills/{CODE}?lang=en", "series")
    assert form.submit(staff, "Begin its own series", series="1M").status_code == 422
    assert form.submit(staff, "Begin its own series", series="t").status_code == 409
    assert form.submit(staff, "Begin its own series", series="m1").status_code == 303
    assert "Its own series is M1" in staff.get(f"/desk/tills/{CODE}?lang=en").text
    path = f"/api/v1/tills/{CODE}/series"
    assert staff.put(path, json={"series": "M2"}).get_json()["series"] == "M2"
    assert staff.put(path, json={"series": "m2"}).status_code == 422
    clerk = counter.browser(desk, "desk")
    assert clerk.put(path, json={"series": "M3"}).status_code == 403


def failing(work: Callable[[Session], object]) -> None:
    """Do some work in a transaction that fails at its end."""
    try:
        with writing() as session:
            work(session)
            raise ConnectionError
    except ConnectionError:
        return


@pytest.mark.engines("sqlite", "postgresql")
def test_two_tills_that_sell_at_once_some_in_vain_leave_no_gap(
    app: Flask, desk: Desk, clerk: Actor, boss: Actor, settings: Settings
) -> None:
    open_now(clerk)
    set_series(boss, "M1")
    people = [a_person(desk, f"p{n}", with_pass=False) for n in range(6)]
    works = [
        partial(alone if n % 2 else failing, sale_of(desk, clerk, one, settings))
        for n, one in enumerate(people)
    ]
    assert outcomes(app, works) == {"done": 6}
    assert sorted(numbers()) == ["M1-1", "M1-2", "M1-3"]


@pytest.mark.engines("sqlite", "postgresql")
def test_sales_while_the_series_begins_are_in_the_one_of_their_time(
    app: Flask, desk: Desk, clerk: Actor, boss: Actor, settings: Settings
) -> None:
    open_now(clerk)
    people = [a_person(desk, f"p{n}", with_pass=False) for n in range(4)]
    works = [partial(alone, sale_of(desk, clerk, one, settings)) for one in people]
    assert outcomes(app, [*works, partial(set_series, boss, "M1")]) == {"done": 5}
    assert len(numbers()) == 4


def test_a_restore_begins_a_new_series_of_each_till(desk: Desk, clerk: Actor, boss: Actor) -> None:
    open_now(clerk)
    set_series(boss, "M1")
    sold(desk, a_person(desk, "a", with_pass=False))
    with writing() as session:
        begin_after_restore(session, utc_now() + timedelta(seconds=1))
    sold(desk, a_person(desk, "b", with_pass=False))
    first, second = numbers()
    assert first == "M1-1"
    assert second.startswith("M1")
    assert second.endswith("-1")
    assert second != first
    with reading() as session:
        series = queries.till_view(session, CODE, utc_now()).series
    assert (len(series) > 2, second) == (True, f"{series}-1")


@pytest.mark.planted_fault("a sale of the till is numbered with those of other desks")
def test_a_receipt_outside_of_its_tills_series_fails_the_check(
    desk: Desk, clerk: Actor, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now(clerk)
    set_series(boss, "M1")
    record = service.record_sale
    monkeypatch.setattr(service, "record_sale", lambda *given: [record(*given), None][1])
    sold(desk, a_person(desk, with_pass=False))
    with pytest.raises(AssertionError):
        numbers()


@pytest.mark.planted_fault("another desk numbers its receipts in a till's series")
def test_a_receipt_of_no_sale_of_the_till_fails_the_check(
    desk: Desk, clerk: Actor, boss: Actor
) -> None:
    sold(desk, a_person(desk, with_pass=False), method="card_terminal")
    with writing() as session:
        begin_series(session, f"till:{CODE}", "T2", utc_now())
        year = to_helsinki(utc_now()).year
        session.execute(
            text("INSERT INTO receipt_sequence (series, year, last) VALUES ('T2', :year, 1)"),
            {"year": year},
        )
        sale = session.scalars(select(Receipt)).one()
        session.add(
            Receipt(
                series="T2",
                year=year,
                number=1,
                order_id=sale.order_id,
                kind="refund",
                cents=0,
                issued_at=utc_now(),
            )
        )
    with pytest.raises(AssertionError):
        numbers()
