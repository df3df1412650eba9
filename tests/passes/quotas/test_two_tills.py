"""Two tills and a buyer on the web want the last place of a quota: one of them gets it."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world import counter
from tests.world.buying import page_browser
from tests.world.counter import Desk, a_person, browser, call, count, offer
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.shop import a_product, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.passes.quotas import invariants
from zone.passes.quotas import service as quotas
from zone.passes.quotas.models import Quota
from zone.passes.receipts.invariants import count_years_with_gaps
from zone.passes.receipts.models import Receipt
from zone.passes.tills import service as tills
from zone.passes.tills.invariants import count_wrong_tills
from zone.passes.tills.models import TillEntry

TILLS = ("tiski", "sali")


def open_tills(desk: Desk) -> None:
    clerk, now = an_actor(desk.staff_id, "desk"), utc_now()
    with writing() as session:
        for code in TILLS:
            tills.set_till(session, code, campus="myllypuro", name=code, now=now)
            tills.open_till(session, clerk, code, float_cents=10_000, now=now)


def sell_the_last_place(app: Flask, desk: Desk, number: int) -> list[int]:
    """Let each till and a buyer on the web take the only place of a product; return the answers."""
    camp = f"camp-{number}"
    with writing() as session:
        a_product(session, camp, "sports_pass", ("gym",), 30, student=1000)
        quotas.set_quota(session, camp, name="Camp", places=1, hold_minutes=30, products=[camp])
    works = []
    for till in TILLS:
        person = a_person(desk, f"{till}-{number}", with_pass=False)
        body = offer(desk, person, camp) | {"till": till}
        staff = browser(desk, "desk")
        works.append(partial(call, staff, f"/people/{person.public}/sales", body))
    buyer = page_browser(app, a_student(f"ostaja-{number}@zone.example"))
    works.append(partial(buyer.post, "/api/v1/orders", json={"product": camp}))
    answers = at_once(app, works)
    refused = {one.get_json()["code"] for one in answers if one.status_code != 201}
    assert refused == {"sold_out"}
    return [one.status_code for one in answers]


def check_last_places_are_sold_once(app: Flask, rounds: int) -> None:
    """Check that each last place is sold once, and that tills and receipts agree."""
    desk = counter.build(app)
    open_tills(desk)
    sold = [sell_the_last_place(app, desk, number) for number in range(rounds)]
    assert all(one.count(201) == 1 for one in sold)
    at_tills = sum(201 in one[: len(TILLS)] for one in sold)
    assert count(TillEntry) == count(Receipt) == at_tills
    with reading() as session:
        assert session.scalars(select(Quota.taken)).all() == [1] * rounds
        checks = (invariants.count_wrong_quotas, count_wrong_tills, count_years_with_gaps)
        assert [check(session, utc_now()) for check in checks] == [0, 0, 0]


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("rounds", [1, pytest.param(40, marks=pytest.mark.thorough)])
def test_of_two_tills_and_the_web_one_sells_the_last_place(app: Flask, rounds: int) -> None:
    check_last_places_are_sold_once(app, rounds)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a sale takes no place of the counter")
def test_places_that_no_till_counts_fail_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "_take", lambda _session, _quota_id: True)
    with pytest.raises(AssertionError):
        check_last_places_are_sold_once(app, 1)
