"""Products, quotas, sale windows, visits and rules of passes go down and up with rows in them."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import func, select, text

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.stored import stored
from tests.world.bundles import a_bundle
from tests.world.checkout import bought
from tests.world.conditions import set_conditions, until
from tests.world.people import an_actor
from tests.world.shop import NOW, TODAY, a_pass, a_student, open_shop
from zone.app import MIGRATIONS
from zone.booking.activities.models import Activity
from zone.booking.activities.rules import ActivityDetails
from zone.booking.activities.service import activity_like
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.row_records.queries import count_unrecorded
from zone.operation.migrations import flows as migrations_flows
from zone.passes.bundles.models import BundlePart, OrderBundle, OrderBundleLine
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Product
from zone.passes.entitlements.rules import NONE, Conditions, SingleActivity
from zone.passes.pass_rules.rules import PassRules
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.passes.models import Pass
from zone.passes.quotas.models import Quota, QuotaPlace
from zone.passes.quotas.service import set_quota
from zone.passes.sale_windows.models import SaleWindow
from zone.passes.sale_windows.service import add_window
from zone.passes.visits.models import PassVisit
from zone.passes.visits.service import VisitUse, spend_visits

__all__ = ["empty"]
# Its migration is released and does not change any more: one engine is enough in the default tier.
pytestmark = pytest.mark.engines("postgresql", thorough="sqlite")
BEFORE = "0042"


@pytest.mark.thorough
def test_products_and_what_hangs_on_them_in_both_directions(empty: Flask, engine_name: str) -> None:
    begin_at(newest())
    stored(open_shop)
    student = a_student()
    manager = an_actor(a_student("m@zone.example"), "manager")
    with writing() as session:
        for code, length, visits in (("later", 30, None), ("two", 90, 2)):
            catalogue.set_product(
                session,
                code=code,
                kind="single_visit" if visits else "gym_pass",
                names=(code, code, code),
                entitlements=("gym",),
                duration=None if visits else "from_activation",
                length_days=length,
                activation_days=None if visits else 180,
                visits=visits,
            )
            catalogue.set_price(
                session, code, role="student", cents=900, valid_from=date(2020, 1, 1)
            )
        set_quota(session, "few", name="Few", places=9, hold_minutes=30, products=["two"])
        add_window(session, manager, "two", opens_at=NOW - timedelta(9), closes_at=None, now=NOW)
        set_pass_rules(session, manager, TODAY, PassRules(given_a_day=3, free_losses=2), NOW)
    a_bundle("both", NewPart("term", 2), NewPart("gym", 1))
    set_conditions(id_of("two"), until(14))
    term = a_pass(student)
    bought(student, "two")
    bought(student, "later")
    bought(student, "both")
    with writing() as session:
        spend_visits(
            session,
            [
                VisitUse(
                    session.scalars(select(Pass.id).where(Pass.visits == 2)).one(),
                    NOW,
                    timedelta(hours=3),
                )
            ],
            {session.scalars(select(Pass.id).where(Pass.visits == 2)).one(): 2},
            recorded_at=NOW,
            by="door",
        )
    before = held(student)
    downgrade(directory=str(MIGRATIONS), revision=BEFORE)
    for engine in db.engines.values():
        engine.dispose()  # PostgreSQL keeps the plans of columns that were dropped
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT code, length_days FROM product"))
        lengths = {row.code: row.length_days for row in rows}
        assert connection.scalar(text("SELECT count(*) FROM pass")) == 5
    assert (lengths["term"], lengths["later"], lengths["two"]) == (120, 30, 90)
    migrations_flows.migrate(str(MIGRATIONS))  # it records the rows that the way down forgot
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    assert held(student) == before, "the days of what is sold stay"
    with reading() as session:
        products = {row.code: row for row in session.scalars(select(Product))}
        assert {row.duration for row in products.values() if row.length_days} == {"days"}, (
            "as the old version knew"
        )
        assert session.get_one(Pass, term).ends_on == date(2026, 12, 29)
        assert products["both"].kind == "fee", "as what an older version sells to nobody"
        assert {row.conditions for row in products.values()} == {NONE}
        for gone in (
            Quota,
            QuotaPlace,
            SaleWindow,
            PassVisit,
            BundlePart,
            OrderBundle,
            OrderBundleLine,
        ):
            assert session.scalars(select(func.count()).select_from(gone)).one() == 0
    with writing() as session:
        assert count_unrecorded(session, utc_now()) == 0


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")  # the test above takes such rows there
def test_what_products_open_stays_the_same_in_both_directions(
    empty: Flask, engine_name: str
) -> None:
    begin_at(newest())
    stored(open_shop)
    given = Conditions(until(14).hours, 1, 2)
    with writing() as session:
        here = catalogue.set_product(
            session,
            code="here",
            kind="sports_pass",
            names=("here", "here", "here"),
            entitlements=("court", "gym"),
            campuses=("myyrmaki", "myllypuro"),
            length_days=30,
        )
        here.conditions = given
        catalogue.set_product(
            session, code="fee", kind="fee", names=("f", "f", "f"), entitlements=(), length_days=1
        )
    set_conditions(id_of("gym"), Conditions(activities=("online",)))
    before = rights()
    downgrade(directory=str(MIGRATIONS), revision="0071")
    for engine in db.engines.values():
        engine.dispose()
    with db.engine.connect() as connection:
        columns = "SELECT entitlements, campuses FROM product WHERE code = 'here'"
        opened, where = map(as_list, connection.execute(text(columns)).one())
        assert (sorted(opened), sorted(where)) == (["court", "gym"], ["myllypuro", "myyrmaki"])
        # What a person enters by hand in that version.
        connection.execute(
            text("UPDATE product SET entitlements = '[\"class\", \"gym\"]' WHERE code = 'gym'")
        )
        connection.commit()
    migrations_flows.migrate(str(MIGRATIONS))
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    assert rights() == before | {"gym": (["gym", "class"], [], NONE)}, "an older version knows none"
    with writing() as session:
        assert count_unrecorded(session, utc_now()) == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_an_activity_keeps_its_root_and_products_their_activities(
    empty: Flask, engine_name: str
) -> None:
    begin_at(newest())
    stored(open_shop)
    yoga = {"kind": "class", "name_fi": "Jooga", "name_sv": "Yoga", "category": "mind"}
    with writing() as session:
        first = activity_like(session, ActivityDetails(**yoga, name_en="Yoga"))
        hard = activity_like(session, ActivityDetails(**yoga, name_en="Yoga", level="experienced"))
        other = activity_like(session, ActivityDetails(**yoga, name_en="Yoga flow"))
        roots = [first.root, hard.root, other.root]
        assert roots[0] == roots[1] != roots[2]
    named = SingleActivity(roots[0], "Jooga", "Yoga", "Yoga")
    set_conditions(id_of("gym"), Conditions(until(14).hours, single_activities=(named,)))
    before = rights()
    downgrade(directory=str(MIGRATIONS), revision="0079")
    for engine in db.engines.values():
        engine.dispose()
    with db.engine.connect() as connection:
        kinds = connection.scalars(text("SELECT kind FROM entitlement")).all()
        assert "single_activity" not in kinds
        assert "hours" in kinds
    migrations_flows.migrate(str(MIGRATIONS))
    assert triggers() == wanted_triggers(engine_name)
    assert differences() == []
    assert rights() == before | {"gym": (["gym"], [], until(14))}, "an older version knows none"
    with reading() as session:
        assert list(session.scalars(select(Activity.root).order_by(Activity.id))) == roots
    with writing() as session:
        assert count_unrecorded(session, utc_now()) == 0


def rights() -> dict[str, tuple[list[str], list[str], Conditions]]:
    with reading() as session:
        rows = session.scalars(select(Product))
        return {row.code: (row.entitlements, row.campuses, row.conditions) for row in rows}


def as_list(value: Any) -> list[str]:
    """Return a column of JSON as each engine gives it to a statement of text."""
    return list(json.loads(value) if isinstance(value, str) else value)


def id_of(code: str) -> int:
    with reading() as session:
        return session.scalars(select(Product.id).where(Product.code == code)).one()


def held(member_id: int) -> list[tuple[date, date]]:
    with reading() as session:
        rows = session.execute(
            select(Pass.starts_on, Pass.ends_on).where(Pass.member_id == member_id)
        )
        return sorted((starts_on, ends_on) for starts_on, ends_on in rows)
