"""Targets: set by managers from a year on, on their page and by API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.people import a_member, an_actor, signed_in
from tests.world.rendered_forms import forms_of
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.members.roles import service as roles
from zone.operation.reference_data import service as reference_data
from zone.reporting.goals import queries, service
from zone.reporting.kpis.queries import goals_of

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/targets"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.fixture
def manager_id(app: Flask) -> int:
    with writing() as session:
        reference_data.load(session, NOW - timedelta(days=30))
        member = a_member(session)
        roles.grant_role(session, member.id, "manager", utc_now())
        return member.id


@pytest.fixture
def manager(manager_id: int) -> Actor:
    return an_actor(manager_id, "manager")


@pytest.fixture
def browser(app: Flask, manager_id: int) -> FlaskClient:
    return signed_in(app, manager_id)


def plan(actor: Actor, first_year: int, goal: str, now: datetime = NOW) -> None:
    with writing() as session:
        service.plan_target(
            session,
            actor,
            "A",
            first_year=first_year,
            goal=Decimal(goal),
            pct=None,
            baseline=Decimal(1870),
            baseline_of="2019",
            now=now,
        )


def goal_of(year: int, as_of: datetime = NOW) -> Decimal:
    with reading() as session:
        return next(goal.goal for goal in goals_of(session, year, as_of) if goal.key == "A")


def test_a_target_holds_from_its_year_on_and_earlier_reports_keep_theirs(manager: Actor) -> None:
    plan(manager, 2027, "2700")
    assert [goal_of(year) for year in (2026, 2027, 2030)] == [2500, 2700, 2700]
    assert goal_of(2027, NOW - timedelta(days=1)) == 2500
    plan(manager, 2027, "2800", NOW + timedelta(minutes=1))
    assert goal_of(2027, NOW + timedelta(minutes=2)) == 2800
    with reading() as session:
        of_a = [row for row in queries.set_targets(session) if row.key == "A"]
    assert [(f"{row.goal}", row.replaced) for row in of_a] == [
        ("2800", False),
        ("2700", True),
        ("2500", False),
    ]


def test_the_same_target_again_changes_nothing_and_leaves_no_trace(manager: Actor) -> None:
    plan(manager, 2027, "2700")
    plan(manager, 2027, "2700.00", NOW + timedelta(minutes=1))
    with reading() as session:
        assert session.query(AuditRow).filter_by(action="target.set").count() == 1


def test_seeding_again_keeps_what_a_manager_has_set(manager: Actor) -> None:
    plan(manager, 2021, "2600")
    with writing() as session:
        reference_data.load(session, NOW + timedelta(days=1))
    assert goal_of(2026, NOW + timedelta(days=2)) == 2600


def test_on_the_page_numbers_are_typed_with_a_comma(browser: FlaskClient) -> None:
    *_, form = forms_of(browser, f"{PAGE}?lang=en")
    given = {"target": "C", "first_year": "2027", "baseline": "3,6", "baseline_of": "4/2020"}
    for wrong in ("", "-1", "four", "4,00001", "9" * 7):
        answer = form.submit(browser, "Set the target", goal=wrong, **given)
        assert answer.status_code == 422, wrong
    assert form.submit(browser, "Set the target", goal="4,15", **given).status_code == 303
    assert "from 2027: 4,15" in browser.get(f"{PAGE}?lang=en").text


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"goal": "0"}, 422), ({"baseline": "0,0"}, 422), ({"goal": "0,4"}, 200)],
)
def test_the_page_of_targets_is_shown_whatever_was_set(
    browser: FlaskClient, changed: dict[str, str], status: int
) -> None:
    target = {"target": "A", "goal": "2500", "pct": "33", "baseline": "1870", "baseline_of": "2019"}
    body = {**target, "first_year": 2026, **changed}
    assert browser.post("/api/v1/targets", json=body).status_code == status
    assert browser.get("/targets").status_code == 200


def test_the_api_does_the_same(browser: FlaskClient) -> None:
    body = {"target": "B", "first_year": 2027, "goal": "52.5", "baseline": "35", "pct": "50"}
    told = browser.post("/api/v1/targets", json=body | {"baseline_of": "≈"}).get_json()
    newest = next(one for one in told["targets"] if one["target"] == "B")
    assert (newest["goal"], newest["pct"], newest["replaced"]) == ("52.5", "50", False)
    assert browser.get("/api/v1/targets").get_json() == told
    for wrong in ({"first_year": 2020}, {"target": "D"}, {"goal": 5}):
        sent = browser.post("/api/v1/targets", json=body | {"baseline_of": "≈"} | wrong)
        assert sent.status_code == 422, wrong
