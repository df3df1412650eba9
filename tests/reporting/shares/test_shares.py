"""Cost shares are counted once, fixed with a receipt, and recomputed from the facts alone."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from tests.stored import stored_by
from tests.world.checkout import give_back
from tests.world.shares import (
    BEFORE,
    CENTS,
    COUNTED,
    MONTH,
    SOLD,
    WEIGHTS,
    SharesWorld,
    build,
    fix,
    pass_of,
    share_september,
)
from zone.access.visits.models import Visit
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.passes.service import record_event
from zone.reporting.shares import invariants, queries, rules, service
from zone.reporting.shares.queries import CostReport
from zone.reporting.shares.rules import OTHERS, UseCounts, Weights

SCRIPT = Path(__file__).with_name("recompute.py")


@pytest.fixture
def world(app: Flask, settings: Settings) -> SharesWorld:
    return stored_by(build, settings)


def report(now: Any = COUNTED) -> CostReport:
    with reading() as session:
        return queries.cost_report(session, MONTH, now)


def counts() -> dict[str, UseCounts | None]:
    return {one.code: one.counts for one in report().shares}


def broken() -> int:
    with writing() as session:
        return invariants.count_wrong_reports(session, COUNTED)


def test_visits_sales_and_people_with_a_pass_are_counted(world: SharesWorld) -> None:
    """Two people of Arcada are told of with the next smallest; who never came has no pass in use,
    and has bought one.
    """
    share_september(world)
    assert counts() == {
        "metropolia": UseCounts(9, 8 * 4500, 7),
        "haaga-helia": UseCounts(8, 6 * 4500, 6),
        OTHERS: UseCounts(7 + 4, 7 * 4500, 7),
    }
    assert sum(one.cents for one in report().shares) == CENTS


def test_nothing_is_told_before_the_doors_have_sent_all(world: SharesWorld) -> None:
    share_september(world)
    waiting = report(BEFORE)
    assert (waiting.state, waiting.shares) == ("waiting", ())
    with pytest.raises(DomainError, match="shares_not_counted"):
        fix(world, BEFORE)


def test_what_is_recorded_after_the_count_changes_nothing(world: SharesWorld) -> None:
    share_september(world)
    before = report()
    give_back(world.orders["metropolia"][0], world.manager.id, COUNTED)
    with writing() as session:
        session.execute(update(Visit).values(retracted_at=COUNTED))
        after = pass_of(world.orders["metropolia"][-1])
        record_event(session, after, "activated", occurred_at=SOLD, recorded_at=COUNTED, by="test")
    assert report(COUNTED + timedelta(days=1)) == before


def test_a_refund_takes_the_sale_away_and_without_a_use_the_holder(world: SharesWorld) -> None:
    share_september(world)
    give_back(world.orders["metropolia"][0], world.manager.id, SOLD + timedelta(days=9))
    with writing() as session:
        unused = pass_of(world.orders["metropolia"][-1])
        record_event(session, unused, "activated", occurred_at=SOLD, recorded_at=SOLD, by="test")
    give_back(world.orders["metropolia"][-1], world.manager.id, SOLD + timedelta(days=9))
    assert counts()["metropolia"] == UseCounts(9, 6 * 4500, 7)


def test_a_pass_of_another_month_is_no_pass_of_this_one(world: SharesWorld) -> None:
    """A pass that was refunded in September after a use is none of October."""
    give_back(world.orders["metropolia"][0], world.manager.id, SOLD + timedelta(days=9))
    with reading() as session:
        window = rules.window_of(date(2026, 10, 1), date(2026, 10, 1))
        found = queries.counted_use(session, window, window[1]).counts
        august = rules.window_of(date(2026, 8, 1), date(2026, 8, 1))
        assert queries.counted_use(session, august, COUNTED).counts == {}
    assert {code: one.holders for code, one in found.items()} == {
        "metropolia": 6,
        "haaga-helia": 6,
        "laurea": 5,
        "arcada": 2,
    }


def test_a_fixed_report_does_not_change_any_more(world: SharesWorld) -> None:
    share_september(world)
    shown, digest = report(), fix(world)
    fixed = report()
    assert (fixed.state, fixed.shares, fixed.as_of) == ("fixed", shown.shares, shown.as_of)
    assert fixed.receipt
    assert (fixed.receipt.digest, fixed.receipt.visit_rows) == (digest, 28)
    with writing() as session:
        service.set_weights(session, world.manager, MONTH, Weights(0, 0, 10_000), COUNTED)
    with pytest.raises(DomainError, match="shares_fixed"), writing() as session:
        service.set_cost(session, world.manager, MONTH, 1, COUNTED)
    assert fix(world, COUNTED + timedelta(days=1)) == digest, "once more changes nothing"
    assert report() == fixed
    assert broken() == 0


def test_the_cost_is_corrected_until_then(world: SharesWorld) -> None:
    share_september(world)
    for _tap in range(2):
        with writing() as session:
            service.set_cost(session, world.manager, MONTH, 777, COUNTED)
    assert sum(one.cents for one in report().shares) == 777
    fix(world)
    assert report().cents == 777


def test_a_month_is_in_one_period(world: SharesWorld) -> None:
    share_september(world)
    for first, last in ((MONTH, MONTH), (date(2026, 7, 1), date(2026, 12, 1))):
        with pytest.raises(DomainError, match="period_taken"), writing() as session:
            service.add_period(session, world.manager, first, last, CENTS, COUNTED)


def test_nothing_to_share_by_is_not_fixed(world: SharesWorld) -> None:
    august = date(2026, 8, 1)
    with writing() as session:
        service.add_period(session, world.manager, august, august, CENTS, COUNTED)
    with pytest.raises(DomainError, match="nothing_to_share_by"), writing() as session:
        service.fix_report(session, world.manager, august, COUNTED)


@pytest.mark.parametrize(
    "changed",
    [
        "UPDATE visit SET institution_code = 'arcada' WHERE id = 1",
        "UPDATE pass SET kind = 'test' WHERE id = 1",
        "INSERT INTO fixed_share (fixed_id, code, cents) SELECT id, 'x', 1 FROM fixed_shares",
    ],
)
@pytest.mark.planted_fault("somebody changes the facts of a fixed report, or the report")
def test_a_report_that_is_not_what_its_facts_give_is_found(
    world: SharesWorld, changed: str
) -> None:
    share_september(world)
    fix(world)
    with writing() as session:
        session.execute(text(changed))
    assert broken() == 1


@pytest.mark.engines("sqlite")
def test_an_independent_script_gives_the_same(world: SharesWorld) -> None:
    share_september(world)
    give_back(world.orders["laurea"][0], world.manager.id, SOLD + timedelta(days=9))
    fix(world)
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(db.engine.url.database), "2026-09", "2026-09"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    again, fixed = json.loads(done.stdout), report()
    assert fixed.receipt
    assert again["digest"] == fixed.receipt.digest
    assert again["cents"] == {one.code or "others": one.cents for one in fixed.shares}
    assert again["lines"] == {
        one.code or "others": [one.counts.visits, one.counts.sales_cents, one.counts.holders]
        for one in fixed.shares
        if one.counts
    }
    assert again["rows"] == {
        "visits": fixed.receipt.visit_rows,
        "sales": fixed.receipt.sale_rows,
        "passes": fixed.receipt.pass_rows,
    }
    assert fixed.weights == WEIGHTS
