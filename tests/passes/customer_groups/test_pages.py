"""The pages and the API of customer groups: add, rename, move institutions, end."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.buying import page_browser
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.members.roles import service as roles

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/customer-groups"
NAMES = {"fi": "Omistajat", "sv": "Ägare", "en": "Owners"}


@pytest.fixture
def browser(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


@pytest.fixture
def later() -> date:
    return helsinki_date(utc_now()) + timedelta(days=30)


def test_a_manager_adds_a_group_renames_it_moves_an_institution_and_ends_it(
    browser: FlaskClient, later: date
) -> None:
    (add,) = forms_of(browser, f"{PAGE}/new?lang=en")
    names = {f"name-{language}": name for language, name in NAMES.items()}
    assert add.submit(browser, "Save the group", code="Owners!", **names).status_code == 422
    assert add.submit(browser, "Save the group", code="owners", **names).status_code == 303
    rename, _end = forms_of(browser, f"{PAGE}?code=owners")
    assert rename.submit(browser, "Save the group", **{"name-en": "Our owners"}).status_code == 303
    (move,) = forms_of(browser, PAGE)
    answer = move.submit(
        browser, "Save the group", institution="arcada", group="owners", valid_from=f"{later}"
    )
    assert answer.status_code == 303
    assert "Our owners" in browser.get(f"{PAGE}?lang=en").text
    assert "Arcada" in browser.get(f"{PAGE}?code=owners&lang=en").text
    _rename, end = forms_of(browser, f"{PAGE}?code=owners")
    assert end.submit(browser, "End the group", ended_on="2020-01-01").status_code == 422
    assert end.submit(browser, "End the group", ended_on=f"{later}").status_code == 303
    page = browser.get(f"{PAGE}?code=owners&lang=en").text
    assert "It ends" in page
    assert "End the group" not in page


def test_the_api_does_the_same(browser: FlaskClient, later: date) -> None:
    api = "/api/v1"
    made = browser.put(f"{api}/customer-groups/owners", json={"name": NAMES})
    assert made.get_json()["groups"][0]["version"] == 1
    joined = browser.put(
        f"{api}/institutions/arcada/customer-group",
        json={"group": "owners", "valid_from": f"{later}"},
    ).get_json()
    of_arcada = [one for one in joined["institutions"] if one["institution"] == "arcada"]
    assert [(one["group"], one["to_come"]) for one in of_arcada] == [
        (None, False),
        ("owners", True),
    ]
    ended = browser.post(f"{api}/customer-groups/owners/end", json={"ended_on": f"{later}"})
    assert ended.get_json()["groups"][0]["ended_on"] == f"{later}"
    assert browser.get(f"{api}/customer-groups").get_json() == ended.get_json()
    again = browser.post(f"{api}/customer-groups/owners/end", json={"ended_on": f"{later}"})
    assert (again.status_code, again.get_json()["code"]) == (409, "customer_group_ended")
    assert browser.put(f"{api}/customer-groups/No!", json={"name": NAMES}).status_code == 404
