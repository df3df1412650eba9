"""While a provider is away or slow, everybody else is served."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.booking import a_member, a_session, build, class_details
from tests.world.buying import page_browser
from tests.world.paying import NAMES, PayingShop, paying
from tests.world.paytrail_server import ACCOUNT
from tests.world.shop import a_student, open_shop
from tests.world.web_process import tokens_of, web_process
from zone.booking.bookings.models import Booking
from zone.cli.serving import serve
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.waiting_requests import note_queued, note_taken
from zone.passes.payments.models import Payment
from zone.passes.payments.providers import http_client

BOOKERS = 40
BUYERS = 20
FIRST = 8
SLOW_SECONDS = 30.0
BEGINS = timedelta(hours=5)
EACH = http_client.calls_each(len(NAMES))
AT_MOST = http_client.READ_SECONDS / 2
"""Seconds that a booking may take beside all else that a machine does: less than a call of 8 s, for
which it would wait. Whoever waits for a thread for 3 s is sent away.
"""


@pytest.fixture(autouse=True)
def serving(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of `zone serve`."""
    monkeypatch.setattr(http_client, "serves_requests", lambda: True)


def check_others_do_not_wait(world: PayingShop, number: int, within: float = 60) -> None:
    """Check that a worker of `zone serve` answers everybody else while a provider answers nobody.

    It has 3 threads. Nobody is let go before all the others are served, so no time is measured;
    `within`: the seconds after which they are not served at all.
    """
    world.paytrail.gate.clear()
    buyers = [page_browser(world.app, a_student(f"b{n}@zone.example")) for n in range(6)]
    other = page_browser(world.app, a_student("o@zone.example"))
    body = {"product": "term", "provider": "paytrail"}
    with ThreadPoolExecutor(3) as threads:
        try:
            asked = [threads.submit(buyer.post, "/api/v1/orders", json=body) for buyer in buyers]
            elsewhere = {**body, "provider": "stripe"}

            def order_in_turn() -> set[int]:
                orders = (other.post("/api/v1/orders", json=elsewhere) for _ in range(number))
                return {one.status_code for one in orders}

            assert threads.submit(order_in_turn).result(within) == {201}
            refused = list(islice(as_completed(asked, 60), 6 - EACH))
            assert {one.result().status_code for one in refused} == {503}
            assert sum(not one.done() for one in asked) == EACH
        finally:
            world.paytrail.gate.set()
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [201] * EACH + [503] * (6 - EACH)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 6 + number


@pytest.mark.slow
@pytest.mark.parametrize("number", [10, pytest.param(40, marks=pytest.mark.thorough)])
def test_while_a_provider_is_away_others_do_not_wait(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(http_client, "READ_SECONDS", 120)
    monkeypatch.setattr(http_client, "CALL_SECONDS", 120)
    monkeypatch.setattr(http_client, "WAIT_SECONDS", 0.1)
    check_others_do_not_wait(paying_shop, number)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.planted_fault("as many calls as wanted")
def test_without_a_limit_of_calls_everybody_waits(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "MOST_CALLS", 12)
    monkeypatch.setattr(http_client, "READ_SECONDS", 120)
    monkeypatch.setattr(http_client, "CALL_SECONDS", 120)
    # Three who pay hold all threads, and nobody lets them go.
    with pytest.raises(TimeoutError):
        check_others_do_not_wait(paying_shop, 2, within=3)


def check_a_thread_is_left(world: PayingShop, within: float = 30) -> None:
    """Check that one of 3 threads answers those who pay nothing while no provider answers, and
    that neither provider has the calls of the other.
    """
    servers = [world.server(name) for name in NAMES]
    for server in servers:
        server.gate.clear()
    other = world.app.test_client()
    buyers = [
        (page_browser(world.app, a_student(f"{name}{n}@zone.example")), name)
        for n in range(2)
        for name in NAMES
    ]
    with ThreadPoolExecutor(3) as threads:
        try:
            asked = [
                threads.submit(
                    buyer.post, "/api/v1/orders", json={"product": "term", "provider": name}
                )
                for buyer, name in buyers
            ]
            served = threads.submit(other.get, "/prices")
            assert served.result(within).status_code == 200
            for server in servers:
                server.await_asked(1)
            assert sum(not one.done() for one in asked) == http_client.MOST_CALLS
        except TimeoutError as error:
            raise AssertionError("no thread is left") from error
        finally:
            for server in servers:
                server.gate.set()


@pytest.mark.slow
def test_while_two_providers_are_away_a_thread_is_left(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "READ_SECONDS", 120)
    monkeypatch.setattr(http_client, "CALL_SECONDS", 120)
    monkeypatch.setattr(http_client, "WAIT_SECONDS", 0.1)
    check_a_thread_is_left(paying_shop)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.planted_fault("each provider has all calls of a process")
def test_calls_that_are_not_shared_fail_the_check(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "MOST_CALLS", 4)
    monkeypatch.setattr(http_client, "WAIT_SECONDS", 0.1)
    with pytest.raises(AssertionError):
        check_a_thread_is_left(paying_shop, within=3)


def test_of_two_providers_each_has_calls_of_its_own() -> None:
    assert http_client.calls_each(1) == http_client.MOST_CALLS
    assert http_client.calls_each(2) * 2 <= http_client.MOST_CALLS
    running = http_client._RunningCalls()
    assert [running.begin(origin, 1) for origin in "aab"] == [True, False, True]
    assert not running.begin("c", 1)  # no share of its own, and the last thread
    running.end("a")
    assert [running.begin(origin, 1) for origin in "ba"] == [False, True]


def test_jobs_of_another_process_need_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "serves_requests", lambda: False)
    running = http_client._RunningCalls()
    assert [running.begin(origin, 1) for origin in "aaabb"] == [True, True, False, True, True]


def check_who_waits_makes_room(world: PayingShop, within: float = 30) -> None:
    """Check that a buyer who waits for others' calls gives their thread to a request that waits,
    within seconds of which a sound one needs a fraction.
    """
    world.paytrail.gate.clear()
    people = EACH + 1
    buyers = [page_browser(world.app, a_student(f"b{n}@zone.example")) for n in range(people)]
    body = {"product": "term", "provider": "paytrail"}
    with ThreadPoolExecutor(3) as threads:
        try:
            asked = [threads.submit(buyer.post, "/api/v1/orders", json=body) for buyer in buyers]
            world.paytrail.await_asked(EACH)
            note_queued()
            first = next(as_completed(asked, within))
            assert first.result().status_code == 503
        except TimeoutError as error:
            raise AssertionError("they go on waiting") from error
        finally:
            note_taken()
            world.paytrail.gate.set()


@pytest.fixture
def patient(paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch) -> PayingShop:
    """A shop in which buyers wait for long."""
    for name in ("READ_SECONDS", "CALL_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(http_client, name, 60)
    return paying_shop


def test_a_buyer_who_waits_makes_room_for_who_comes(patient: PayingShop) -> None:
    check_who_waits_makes_room(patient)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.planted_fault("buyers wait whoever else is there")
def test_a_buyer_who_keeps_a_thread_fails_the_check(
    patient: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "waiting_requests", lambda: 0)
    with pytest.raises(AssertionError):
        check_who_waits_makes_room(patient, within=0.5)


def test_a_process_has_a_thread_for_who_pays_nothing() -> None:
    defaults = {one.name: int(str(one.default)) for one in serve.params if one.name == "threads"}
    assert defaults["threads"] > http_client.MOST_CALLS
    unit = Path("zone/operation/systemd/zone-web.service").read_text()
    assert f"--threads {defaults['threads']}" in unit


def providers_of(world: PayingShop) -> dict[str, str]:
    """Return the variables that lead a service to the running fakes."""
    return {
        "ZONE_PAYMENT_PROVIDER": ",".join(NAMES),
        "ZONE_PAYTRAIL_ACCOUNT": ACCOUNT,
        "ZONE_PAYTRAIL_URL": world.paytrail.url,
        "ZONE_STRIPE_URL": world.stripe.url,
    }


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(app, monkeypatch) as found:
        yield found


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("how", ["slow", "away", "both away"])
def test_while_a_provider_is_slow_for_30_s_40_people_book(
    world: PayingShop, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = utc_now()
    with writing() as session:
        here = build(session)
        people = BOOKERS + FIRST
        bookers = [a_member(session, here, f"b{n}", now=now) for n in range(people)]
        offer = class_details(here, kind="online", space=None, capacity=people, percent=100)
        made = a_session(session, here, start=now + BEGINS, offer=offer, minutes=30, now=now)
        open_shop(session)
    buying_tokens = tokens_of([a_student(f"o{n}@zone.example") for n in range(BUYERS)])
    booking_tokens = tokens_of(bookers)
    serving = web_process(world.settings, providers_of(world))
    with serving as web, ThreadPoolExecutor(BUYERS) as threads:
        book = partial(web.post, "bookings", session=str(made.public_id))
        order = partial(web.post, "orders", product="term")
        # The first requests of a process take long by themselves.
        list(threads.map(partial(order, provider="stripe"), buying_tokens[:FIRST]))
        list(threads.map(book, [booking_tokens.pop() for _ in range(FIRST)]))
        if how == "slow":
            world.paytrail.delay = SLOW_SECONDS
        else:
            world.paytrail.gate.clear()
        providers = NAMES if how == "both away" else ("paytrail",)
        if how == "both away":
            world.stripe.gate.clear()

        def order_there(token: str) -> tuple[int, float]:
            return order(token, provider=next(turns))

        turns = cycle(providers)
        # More than all processes let wait for a provider; then somebody else every 1.5 s.
        buying = [threads.submit(order_there, one) for one in buying_tokens[:FIRST]]
        begun, taken = time.monotonic(), []
        for number, booker in enumerate(booking_tokens):
            time.sleep(max(0.0, begun + number * SLOW_SECONDS / BOOKERS - time.monotonic()))
            taken.append(book(booker))
            if number % 2:
                buying.append(threads.submit(order_there, buying_tokens[number // 2]))
        world.paytrail.gate.set()
        world.stripe.gate.set()
        ordered = Counter(one.result()[0] for one in buying)
    seconds = sorted(one for _status, one in taken)
    with capsys.disabled():
        print(f"\n{how}: bookings p50 {median(seconds):.3f} s, most {seconds[-1]:.3f} s; {ordered}")
    assert {status for status, _seconds in taken} == {201}
    assert seconds[-1] < AT_MOST
    assert set(ordered) <= {201, 503}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == people
