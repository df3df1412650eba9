"""A year of trade through the services: each day's till is closed, and an independent script adds
up the export.
"""

import dataclasses
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.passes.books.test_books import exported, recomputed
from tests.world.checkout import bought
from tests.world.people import an_actor
from tests.world.shop import a_student
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import from_helsinki
from zone.demo.example import SELLER
from zone.members.people.queries import member_by_id
from zone.passes.books.invariants import count_wrong_days
from zone.passes.orders import service as orders
from zone.passes.orders.rules import CounterLine
from zone.passes.refunds import service as refunds
from zone.passes.refunds.rules import LineRefund
from zone.passes.settlements import service as settlements
from zone.passes.tills import queries, service
from zone.passes.tills.invariants import count_wrong_tills
from zone.passes.tills.rules import CountedMethod
from zone.places.campuses.service import create_campus

pytestmark = pytest.mark.engines("sqlite")
TILL = "tiski"
FLOAT = 10_000
MONTHS = range(1, 13)
FEE = 35


def a_till(now: datetime) -> None:
    with writing() as session:
        create_campus(session, code="pasila", name="Pasila")
        service.set_till(session, TILL, campus="pasila", name="Tiski", now=now)


class Trade:
    """A year at the counter and on the web; `accounts` is what the books have to say of it."""

    def __init__(self, clerk: Actor, buyers: dict[str, int], settings: Settings) -> None:
        self.clerk, self.buyers, self.settings = clerk, buyers, settings
        self.accounts, self.cash = Counter[str](), FLOAT

    def sell(self, method: str, at: datetime) -> int:
        """Sell a visit for 5 euros; return the order."""
        with writing() as session:
            person = member_by_id(session, self.buyers[method]).public_id
            line = CounterLine("visit", 500, at.date())
            order = orders.sell_at_counter(
                session, person, [line], method=method, now=at, settings=self.settings
            )
            order_id = order.id
        self.accounts["1900" if method == "cash" else "1700"] += 500
        self.cash += 500 if method == "cash" else 0
        return order_id

    def give_back(self, order_id: int, at: datetime) -> None:
        """Give 2 euros of a visit back in cash."""
        with writing() as session:
            part = [LineRefund(1, 200)]
            refunds.refund_lines(session, self.clerk, order_id, part, reason="ill", now=at)
        self.accounts["1900"] -= 200
        self.cash -= 200

    def day(self, opens: datetime, missing: int) -> None:
        """Open the till, sell and give back, bring money away, count, and close."""
        with writing() as session:
            service.open_till(session, self.clerk, TILL, float_cents=self.cash, now=opens)
        first = self.sell("cash", opens + timedelta(hours=1))
        self.sell("card_terminal", opens + timedelta(hours=2))
        self.give_back(first, opens + timedelta(hours=3))
        with writing() as session:
            away = opens + timedelta(hours=4)
            service.move_cash(session, self.clerk, TILL, cents=-100, reason="bank", now=away)
        self.cash -= 100 + missing
        self.accounts["1900"] -= 100 + missing
        self.accounts["1910"] += 100
        self.accounts["8990"] += missing
        self.close(opens + timedelta(hours=5), missing)

    def close(self, at: datetime, missing: int) -> None:
        with reading() as session:
            found = queries.till_view(session, TILL, at).open
        assert found is not None
        assert found.expected["cash"] == self.cash + missing
        counted = [
            CountedMethod(name, cents - (missing if name == "cash" else 0), "counted twice")
            for name, cents in found.expected.items()
        ]
        with writing() as session:
            service.close_till(session, self.clerk, TILL, seen=found.seen, counted=counted, now=at)

    def pay_online(self, at: datetime) -> None:
        """Sell a month of the gym for 15 euros on the web."""
        bought(self.buyers["cash"], "gym", now=at)
        self.accounts["1700"] += 1500


def pay_out(trade: Trade, manager: Actor, order: str, at: datetime) -> None:
    """Store a payout of 15 euros less the fee, as the provider's file says it."""
    head = "automatic_payout_id,automatic_payout_effective_at,gross,fee,payment_metadata[reference]"
    content = f"{head}\npo,{at.date()},15.00,0.{FEE},{order}".encode()
    with writing() as session:
        settlements.record_settlement(session, manager, content, good_only=False, now=at)
    trade.accounts["1910"] += 1500 - FEE
    trade.accounts["8560"] += FEE
    trade.accounts["1700"] -= 1500


def test_a_closed_year_is_added_up_by_a_script_that_knows_nothing_of_it(
    app: Flask, shop: Flask, student: int, settings: Settings, tmp_path: Path
) -> None:
    a_till(from_helsinki(date(2026, 1, 1), time(8)))
    clerk = an_actor(a_student("tiski@zone.example"), "desk")
    manager = an_actor(a_student("johto@zone.example"), "manager")
    buyers = {"cash": student, "card_terminal": a_student("kortti@zone.example")}
    trade = Trade(clerk, buyers, dataclasses.replace(settings, **SELLER))
    for month in MONTHS:
        trade.day(from_helsinki(date(2026, month, 10), time(9)), missing=month % 3 * 10)
    last = from_helsinki(date(2026, 12, 31), time(23, 30))
    trade.pay_online(last)
    pay_out(trade, manager, "elsewhere", last)
    with reading() as session:
        checks = (count_wrong_days(session, last), count_wrong_tills(session, last))
    assert checks == (0, 0)
    found = recomputed(exported(app, manager.id), tmp_path)
    assert (found["unbalanced"], found["wrong_vat"]) == ([], [])
    by_account = {name: found["accounts"][name] for name in trade.accounts}
    assert by_account == dict(trade.accounts)
    assert sum(found["gross"].values()) == 12 * (500 + 500 - 200) + 1500
    assert sum(found["accounts"].values()) == 0
