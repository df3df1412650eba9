"""Cost shares by the API, on their pages and in a spreadsheet."""

import csv
import io
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored_by
from tests.world.people import signed_in
from tests.world.rendered_forms import forms_of
from tests.world.shares import CENTS, SharesWorld, build, share_september
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.roles import service as roles

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/shares"
SEPTEMBER = f"{PAGE}/2026-09"
API = "/api/v1/cost-shares"


@pytest.fixture
def world(app: Flask, settings: Settings) -> SharesWorld:
    return stored_by(build, settings)


@pytest.fixture
def manager(app: Flask, world: SharesWorld) -> FlaskClient:
    with writing() as session:
        roles.grant_role(session, world.manager.id, "manager", utc_now())
    return signed_in(app, world.manager.id)


def submitted(client: FlaskClient, page: str, action: str, **typed: str) -> Any:
    """Submit the form of a page that leads to `action`, as it is rendered."""
    [form] = [one for one in forms_of(client, page) if one.action == action]
    return form.save(client, **typed)


def shown(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ")


def test_a_manager_shares_a_month_and_fixes_the_report(manager: FlaskClient) -> None:
    weights = {"valid_from": "2026-09-01", "visits": "50", "sales": "20 %", "holders": "30,00"}
    assert submitted(manager, f"{PAGE}/weights", f"{PAGE}/weights", **weights).status_code == 303
    assert "50 %" in shown(manager, f"{PAGE}/weights")
    period = {"first_month": "2026-09", "last_month": "2026-09", "euros": "999,00"}
    added = submitted(manager, PAGE, PAGE, **period)
    assert added.headers["Location"] == f"{SEPTEMBER}?done=added"
    assert submitted(manager, SEPTEMBER, SEPTEMBER, euros="1000,00").status_code == 303
    assert submitted(manager, SEPTEMBER, f"{SEPTEMBER}/fix").status_code == 303
    page = shown(manager, SEPTEMBER)
    assert "Metropolia" in page
    assert "Others together" in page
    assert "Arcada" not in page.partition("<main")[2], "two people are not told of"
    assert "28 visits, 21 lines of receipts, 20 passes" in page
    left = [one.action for one in forms_of(manager, SEPTEMBER) if one.action.startswith(PAGE)]
    assert left == [], "nothing of it can be changed"


@pytest.mark.parametrize(
    ("page", "typed", "says"),
    [
        (
            f"{PAGE}/weights",
            {"valid_from": "2026-09-01", "visits": "50", "sales": "20", "holders": "31"},
            "Give three percentages that make 100 together.",
        ),
        (
            PAGE,
            {"first_month": "2026-09", "last_month": "2026-08", "euros": "1"},
            "Give a first and a last month, at most twelve.",
        ),
        (
            PAGE,
            {"first_month": "2026-09", "last_month": "2027-09", "euros": "1"},
            "Give a first and a last month, at most twelve.",
        ),
        (
            PAGE,
            {"first_month": "2026-09", "last_month": "2026-09", "euros": "0"},
            "Give an amount in euros, for example 45,00.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    manager: FlaskClient, page: str, typed: dict[str, str], says: str
) -> None:
    answer = submitted(manager, page, page, **typed)
    assert (answer.status_code, says in unescape(answer.text)) == (422, True)


def test_the_api_shares_corrects_and_fixes(manager: FlaskClient) -> None:
    weights = {"valid_from": "2026-09-01", "visits_bp": 5000, "sales_bp": 2000, "holders_bp": 3000}
    assert manager.post("/api/v1/cost-share-weights", json=weights).status_code == 201
    wrong = manager.post("/api/v1/cost-share-weights", json=weights | {"visits_bp": 4999})
    assert wrong.status_code == 422
    listed = manager.get("/api/v1/cost-share-weights").get_json()
    assert listed["weights"] == [weights]
    period = {"first_month": "2026-09", "last_month": "2026-09", "cents": 1}
    assert manager.post(API, json=period).get_json()["state"] == "counted"
    taken = manager.post(API, json=period)
    assert (taken.status_code, taken.get_json()["code"]) == (409, "period_taken")
    changed = manager.put(f"{API}/2026-09/cost", json={"cents": CENTS}).get_json()
    assert sum(one["cents"] for one in changed["shares"]) == CENTS
    fixed = manager.post(f"{API}/2026-09/fix").get_json()
    assert (fixed["state"], len(fixed["receipt"]["digest"])) == ("fixed", 64)
    assert manager.get(f"{API}/2026-09").get_json() == fixed
    [report] = manager.get(API).get_json()["reports"]
    assert report == fixed | {"shares": []}
    refused = manager.put(f"{API}/2026-09/cost", json={"cents": 1})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "shares_fixed")
    assert manager.get(f"{API}/2026-13").status_code == 404
    assert manager.get(f"{API}/2026-10").status_code == 404


def test_the_spreadsheet_says_what_the_page_shows(manager: FlaskClient, world: SharesWorld) -> None:
    share_september(world)
    answer = manager.get(f"{SEPTEMBER}.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    split = rows.index([])
    assert [row[0] for row in rows[1:split]] == ["haaga-helia", "metropolia", "others"]
    assert sum(int(row[4]) for row in rows[1:split]) == CENTS
    origin = dict(rows[split + 1 :])
    assert (origin["cost_cents"], origin["visits_bp"], origin["state"]) == (
        str(CENTS),
        "5000",
        "counted",
    )


def test_nobody_but_management_reads_them(app: Flask, world: SharesWorld) -> None:
    share_september(world)
    with writing() as session:
        roles.grant_role(session, world.manager.id, "desk", utc_now())
    desk = signed_in(app, world.manager.id)
    paths = (PAGE, SEPTEMBER, f"{SEPTEMBER}.csv", f"{API}/2026-09", f"{PAGE}/weights")
    assert [desk.get(path).status_code for path in paths] == [403] * len(paths)
