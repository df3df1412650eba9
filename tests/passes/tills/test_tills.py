"""Tills: money of the counter goes into the open one, and a close is right whoever else sells."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world import counter
from tests.world.buying import page_browser
from tests.world.checkout import refused
from tests.world.counter import Desk, Person, a_person, call, count, offer
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import RenderedForm, form_with, forms_of
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.desk.sales import service as sales
from zone.passes.orders.rules import CounterLine
from zone.passes.payments.models import Refund
from zone.passes.receipts.models import Receipt
from zone.passes.refunds import service as refunds
from zone.passes.tills import invariants, queries, service
from zone.passes.tills.models import Till, TillClose, TillDay, TillEntry
from zone.passes.tills.queries import OpenDay
from zone.passes.tills.rules import CountedMethod

CODE = "myllypuro-1"
FLOAT = 10_000


@pytest.fixture
def desk(app: Flask) -> Desk:
    """A desk whose campus has a till, closed."""
    desk = counter.build(app)
    with writing() as session:
        service.set_till(session, CODE, campus="myllypuro", name="Tiski", now=utc_now())
    return desk


@pytest.fixture
def clerk(desk: Desk) -> Actor:
    return an_actor(desk.staff_id, "desk")


def open_now(clerk: Actor, float_cents: int = FLOAT, code: str = CODE) -> None:
    with writing() as session:
        service.open_till(session, clerk, code, float_cents=float_cents, now=utc_now())


def the_day() -> OpenDay:
    with reading() as session:
        day = queries.till_view(session, CODE, utc_now()).open
    assert day is not None
    return day


def close_now(clerk: Actor, reason: str = "", **counted: int) -> None:
    day = the_day()
    sums = day.expected | counted
    with writing() as session:
        service.close_till(
            session,
            clerk,
            CODE,
            seen=day.seen,
            counted=[CountedMethod(name, cents, reason) for name, cents in sums.items()],
            now=utc_now(),
        )


def sold(desk: Desk, person: Person, **more: Any) -> Any:
    return call(desk.staff, f"/people/{person.public}/sales", offer(desk, person) | more)


def holds() -> None:
    """Fail unless the tills hold what their rows say."""
    with reading() as session:
        assert invariants.count_wrong_tills(session, utc_now()) == 0


def test_cash_needs_an_open_till_and_says_so(desk: Desk, clerk: Actor) -> None:
    person = a_person(desk, with_pass=False)
    answer = sold(desk, person)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "till_closed")
    assert "Open the till" in answer.get_json()["detail"]
    assert count(Receipt) == 0
    open_now(clerk)
    assert sold(desk, person).status_code == 201
    assert the_day().expected == {"cash": FLOAT + 4500}
    holds()


def test_a_card_is_sold_without_a_till_and_counted_with_one(desk: Desk, clerk: Actor) -> None:
    first, second = a_person(desk, "a", with_pass=False), a_person(desk, "b", with_pass=False)
    assert sold(desk, first, method="card_terminal").status_code == 201
    open_now(clerk)
    assert sold(desk, second, method="card_terminal").status_code == 201
    assert the_day().expected == {"cash": FLOAT, "card_terminal": 4500}


def test_of_two_open_tills_the_sale_names_one(desk: Desk, clerk: Actor) -> None:
    person = a_person(desk, with_pass=False)
    with writing() as session:
        service.set_till(session, "other", campus="myllypuro", name="Sali", now=utc_now())
    open_now(clerk)
    open_now(clerk, code="other")
    assert sold(desk, person).get_json()["code"] == "till_missing"
    assert sold(desk, person, till="nowhere").status_code == 404
    assert sold(desk, person, till=CODE).status_code == 201
    assert the_day().expected["cash"] == FLOAT + 4500


@pytest.mark.engines("sqlite")
def test_the_page_of_a_person_asks_which_of_two_open_tills(desk: Desk, clerk: Actor) -> None:
    person = a_person(desk, with_pass=False)
    with writing() as session:
        service.set_till(session, "other", campus="myllypuro", name="Sali", now=utc_now())
    open_now(clerk)
    path, staff = f"/desk/people/{person.public}", counter.browser(desk, "desk")
    staff.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ACCEPT": "text/html"}
    form = form_with(staff, path, "offer")
    assert "till" not in form.data, "one is open: nobody has to choose"
    open_now(clerk, code="other")
    form = form_with(staff, path, "offer")
    assert form.data["till"], "the first of them, as a browser chooses"
    with reading() as session:
        names = [till.name for till in queries.open_tills(session)]
    assert all(name in staff.get(path).text for name in names)
    cash = next(name for name in form.buttons if "cash" in name.lower())
    offered = re.findall(r'value="(term:[^"]+)"', staff.get(path).text)[0]
    assert form.submit(staff, cash, offer=offered, till="other").status_code == 303
    with reading() as session:
        view = queries.till_view(session, "other", utc_now()).open
    assert view is not None
    assert view.expected["cash"] == 10_000 + 4500


def test_a_refund_takes_the_cash_out_of_the_open_till(desk: Desk, clerk: Actor) -> None:
    open_now(clerk)
    sold(desk, a_person(desk, with_pass=False))
    close_now(clerk)
    admin = an_actor(desk.staff_id, "admin", "manager")

    def give_back() -> None:
        with writing() as session:
            order = session.scalars(select(Receipt.order_id)).one()
            refunds.refund_in_full(session, admin, order, reason="ill", now=utc_now())

    assert refused(give_back) == "till_closed"
    open_now(clerk)
    give_back()
    assert the_day().expected == {"cash": FLOAT - 4500}
    holds()


def test_a_difference_has_a_reason_and_a_closed_day_stays(desk: Desk, clerk: Actor) -> None:
    open_now(clerk)
    with writing() as session:
        service.move_cash(session, clerk, CODE, cents=-4000, reason="To the bank", now=utc_now())
    assert the_day().expected == {"cash": 6000}
    assert refused(lambda: close_now(clerk, cash=5950)) == "difference_reason"
    close_now(clerk, "50 cents are missing", cash=5950)
    assert refused(lambda: move(clerk, 100)) == "till_closed"
    with reading() as session:
        view = queries.till_view(session, CODE, utc_now())
        (day,) = queries.closed_days(session, queries.till_by_code(session, CODE).id)
    assert (view.open, view.last_counted_cents) == (None, 5950)
    assert (day.closed_by, [one.difference_cents for one in day.counts]) == (
        "Tiina Tiskillä",
        [-50],
    )
    holds()


def move(clerk: Actor, cents: int) -> None:
    with writing() as session:
        service.move_cash(session, clerk, CODE, cents=cents, reason="Change", now=utc_now())


def test_no_more_cash_is_taken_than_there_is(desk: Desk, clerk: Actor) -> None:
    open_now(clerk)
    assert refused(lambda: move(clerk, -FLOAT - 1)) == "cash_too_low"
    move(clerk, -FLOAT)
    assert the_day().expected == {"cash": 0}


def two_sales_and_the_cash_of_one(desk: Desk, clerk: Actor) -> list[Callable[[], object]]:
    """The refunds of two sales, with the cash of one of them left in the till."""
    open_now(clerk, 0)
    for name in ("a", "b"):
        assert sold(desk, a_person(desk, name, with_pass=False)).status_code == 201
    move(clerk, -4500)
    admin = an_actor(desk.staff_id, "admin", "manager")

    def give_back(order: int) -> None:
        with writing() as session:
            refunds.refund_in_full(session, admin, order, reason="ill", now=utc_now())

    with reading() as session:
        orders = session.scalars(select(Receipt.order_id).order_by(Receipt.id)).all()
    return [partial(give_back, order) for order in orders]


def test_no_more_cash_is_given_back_than_there_is(desk: Desk, clerk: Actor) -> None:
    first, second = two_sales_and_the_cash_of_one(desk, clerk)
    first()
    assert the_day().expected == {"cash": 0}
    assert refused(second) == "till_short"
    assert (count(Refund), the_day().expected) == (1, {"cash": 0})
    move(clerk, 4500)
    second()
    assert the_day().expected == {"cash": 0}
    holds()


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_refunds_at_once_the_till_pays_out_one(app: Flask, desk: Desk, clerk: Actor) -> None:
    assert outcomes(app, two_sales_and_the_cash_of_one(desk, clerk)) == {"done": 1, "till_short": 1}
    assert (count(Refund), the_day().expected) == (1, {"cash": 0})


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("a refund looks at the cash of a till that it has not locked")
def test_without_the_lock_two_refunds_take_more_than_there_is(
    app: Flask, desk: Desk, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, looked = two_sales_and_the_cash_of_one(desk, clerk), Barrier(2)
    expected = service._expected

    def look(session: Session, day: TillDay) -> dict[str, int]:
        found = expected(session, day)
        looked.wait(30)
        return found

    monkeypatch.setattr(
        service, "lock_till", lambda session, till_id: session.get_one(Till, till_id)
    )
    monkeypatch.setattr(service, "_expected", look)
    assert outcomes(app, both) == {"done": 2}
    with pytest.raises(AssertionError):
        assert the_day().expected["cash"] >= 0


def test_a_close_that_did_not_see_a_sale_is_refused(desk: Desk, clerk: Actor) -> None:
    open_now(clerk)
    before = the_day()
    sold(desk, a_person(desk, with_pass=False))

    def close() -> None:
        with writing() as session:
            counted = [CountedMethod("cash", FLOAT)]
            service.close_till(
                session, clerk, CODE, seen=before.seen, counted=counted, now=utc_now()
            )

    assert refused(close) == "till_changed"


def test_a_till_left_open_overnight_is_found(desk: Desk, clerk: Actor) -> None:
    open_now(clerk)
    tomorrow = utc_now() + timedelta(days=1)
    with reading() as session:
        assert invariants.count_left_open(session, utc_now()) == 0
        assert invariants.count_left_open(session, tomorrow) == 1
        view = queries.till_view(session, CODE, tomorrow)
    assert view.open is not None
    assert view.open.left_open


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_who_open_a_till_one_does(app: Flask, desk: Desk, clerk: Actor) -> None:
    assert outcomes(app, [partial(open_now, clerk)] * 6) == {"done": 1, "till_open": 5}
    assert count(TillDay) == 1


def sale_of(
    desk: Desk, clerk: Actor, person: Person, settings: Settings
) -> Callable[[Session], object]:
    shown = offer(desk, person)
    return lambda session: sales.sell(
        session,
        clerk,
        person.public,
        [CounterLine(shown["product"], shown["cents"], date.fromisoformat(shown["starts_on"]))],
        method="cash",
        now=utc_now(),
        settings=settings,
    )


def alone(work: Callable[[Session], object]) -> None:
    with writing() as session:
        work(session)


@pytest.mark.engines("sqlite", "postgresql")
def test_two_desks_sell_while_a_third_closes(
    app: Flask, desk: Desk, clerk: Actor, settings: Settings
) -> None:
    people = [a_person(desk, f"p{n}", with_pass=False) for n in range(4)]
    sells = [partial(alone, sale_of(desk, clerk, one, settings)) for one in people]
    open_now(clerk)
    done = outcomes(app, [*sells, partial(close_now, clerk)])
    assert set(done) <= {"done", "till_changed", "till_closed"}
    holds()
    if count(TillClose) == 0:
        assert count(TillEntry) == 4


@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("whoever moves money of a till does not lock it")
def test_without_the_lock_a_sale_slips_into_a_closed_day(
    app: Flask, desk: Desk, clerk: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = a_person(desk, with_pass=False)
    monkeypatch.setattr(
        service, "lock_till", lambda session, till_id: session.get_one(Till, till_id)
    )
    open_now(clerk)
    selling = sale_of(desk, clerk, person, settings)

    def close() -> None:
        with app.app_context():
            close_now(clerk)

    with writing() as session:
        selling(session)
        closing = Thread(target=close)
        closing.start()
        closing.join(30)
    assert count(TillClose) == 1
    with pytest.raises(AssertionError):
        holds()


def test_the_pages_open_count_and_close(desk: Desk) -> None:
    staff = desk.staff
    token = {"csrf_token": _token(staff.get(f"/desk/tills/{CODE}").text)}
    opened = staff.post(f"/desk/tills/{CODE}/opening", data=token | {"euros": "100,00"})
    assert opened.status_code == 303
    page = staff.get(f"/desk/tills/{CODE}").text
    assert "counted-cash" in page
    form = token | {"seen": "0", "counted-cash": "99,50", "reason-cash": ""}
    wrong = staff.post(f"/desk/tills/{CODE}/close", data=form)
    assert (wrong.status_code, "99,50" in wrong.text) == (409, True)
    closed = staff.post(f"/desk/tills/{CODE}/close", data=form | {"reason-cash": "50 cents"})
    assert closed.status_code == 303
    assert "50 cents" in staff.get(f"/desk/tills/{CODE}").text
    assert staff.get("/desk/tills").status_code == 200


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def form_to(browser: FlaskClient, path: str, action: str) -> RenderedForm:
    return next(one for one in forms_of(browser, path) if one.action == f"{path}/{action}")


def test_cash_that_a_buyer_is_owed_leaves_the_till_when_the_desk_gives_it(
    desk: Desk, clerk: Actor
) -> None:
    person = a_person(desk, with_pass=False)
    open_now(clerk)
    order = sold(desk, person).get_json()
    cents = order["total_cents"]
    buyer = page_browser(desk.app, person.id)
    path = f"/orders/{order['id']}"
    assert form_to(buyer, path, "withdraw").save(buyer).status_code == 303
    # Nothing leaves the till before somebody comes for it.
    assert the_day().expected["cash"] == FLOAT + cents
    assert "It was paid in cash: the desk gives the money back." in buyer.get(path).text
    clerks = page_browser(desk.app, desk.staff_id)
    assert "The desk has to give the money back" in clerks.get(f"{path}?lang=en").text
    form = form_to(clerks, path, "refund-by-hand")
    assert form.save(clerks, reason="in cash").status_code == 303
    assert the_day().expected["cash"] == FLOAT
    assert "The desk has given the money back." in buyer.get(f"{path}?lang=en").text
    assert form.save(clerks, reason="in cash", key="another").status_code == 409
    with reading() as session:
        assert invariants.count_wrong_tills(session, utc_now()) == 0
