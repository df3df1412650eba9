"""Institutions and study regions: added and changed by managers, and kept by `zone seed`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.buying import page_browser
from tests.world.checkout import refused
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, REFERENCE, a_student, open_shop
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.members.affiliations import service as affiliations
from zone.members.institutions import queries, service
from zone.members.roles import service as roles
from zone.operation.reference_data import service as reference_data

pytestmark = pytest.mark.engines("sqlite")
PAGE, REGIONS = "/manage/institutions", "/manage/study-regions"
NAMES = {"fi": "Pohjoinen", "sv": "Norr", "en": "The north"}


@pytest.fixture
def shop(app: Flask) -> Flask:
    stored(open_shop)
    return app


@pytest.fixture
def manager(shop: Flask) -> Actor:
    return an_actor(a_student("johtaja@zone.example"), "manager")


@pytest.fixture
def browser(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def save(actor: Actor, version: int | None = None, code: str = "malli", **values: Any) -> int:
    given: dict[str, Any] = {
        "name": "Malli",
        "admits_students": True,
        "admits_staff": False,
        "study_region": None,
    }
    with writing() as session:
        row = service.save_institution(
            session,
            actor,
            code,
            **(given | values),
            version=version,
            now=NOW,
        )
        return row.version


def save_region(actor: Actor, version: int | None = None, **names: str) -> int:
    with writing() as session:
        name = NAMES | names
        return service.save_region(
            session, actor, "north", name=name, version=version, now=NOW
        ).version


def test_of_two_editors_the_later_is_told(manager: Actor) -> None:
    assert [save(manager), save(manager), save(manager, 1, admits_staff=True)] == [1, 1, 2]
    assert refused(lambda: save(manager, 1, name="Toinen")) == "edited_meanwhile"
    assert [save_region(manager), save_region(manager, 1, en="Up north")] == [1, 2]
    assert refused(lambda: save_region(manager, 1, en="North")) == "edited_meanwhile"


def test_only_a_region_that_there_is_can_be_chosen(manager: Actor) -> None:
    student = a_student("opiskelija@zone.example")

    def claim(region: str) -> None:
        with writing() as session:
            affiliations.add_affiliation(
                session, student, institution_code="arcada", role="student", study_region=region
            )

    for attempt in (lambda: save(manager, study_region="north"), lambda: claim("north")):
        assert refused(attempt) == "study_region_unknown"
    save_region(manager)
    save(manager, study_region="north")
    claim("north")


def test_what_a_manager_has_changed_is_not_seeded_again(manager: Actor) -> None:
    save(manager, 1, "arcada", name="Arcada", admits_staff=True)
    with writing() as session:
        reference_data.load(session, NOW)
        arcada = queries.institution_by_code(session, "arcada")
        assert arcada is not None
        assert arcada.admits_staff


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_add_the_same_code_at_once_one_is_told(shop: Flask, manager: Actor) -> None:
    def check_one_is_told(one: Callable[[str], object], exists: str) -> None:
        found = outcomes(shop, [partial(one, name) for name in ("Yksi", "Toinen")])
        # The second is told by the row that it finds, or by the unique code where both found none.
        assert (found["done"], found[exists] + found["edited_meanwhile"]) == (1, 1)

    check_one_is_told(lambda name: save(manager, name=name), "institution_exists")
    check_one_is_told(lambda name: save_region(manager, fi=name), "study_region_exists")
    with reading() as session:
        assert [one.code for one in queries.study_regions(session)].count("north") == 1


def test_the_list_counts_those_whose_proof_holds(shop: Flask) -> None:
    a_student("yksi@zone.example")
    with reading() as session:
        rows = queries.institution_views(session, helsinki_date(utc_now()))
    assert {row.code: row.proven_students for row in rows if row.proven_students} == {
        "metropolia": 1
    }
    assert len(rows) == len(REFERENCE["institution"])


def test_a_manager_adds_and_changes_them_on_the_pages(browser: FlaskClient) -> None:
    (add_region,) = forms_of(browser, f"{REGIONS}?lang=en")
    names = {f"name-{language}": name for language, name in NAMES.items()}
    assert add_region.submit(browser, "Save the region", code="North!", **names).status_code == 422
    assert add_region.submit(browser, "Save the region", code="north", **names).status_code == 303
    (add,) = forms_of(browser, f"{PAGE}/new")
    answer = add.submit(
        browser, "Save the institution", code="malli", name="Malli", study_region="north"
    )
    assert answer.status_code == 303
    assert "students of The north" in browser.get(f"{PAGE}?lang=en").text
    (change,), (stale,) = (forms_of(browser, f"{PAGE}?code=malli") for _ in range(2))
    fields = {"name": "Mallikorkeakoulu", "study_region": ""}
    assert change.submit(browser, "Save the institution", **fields).status_code == 303
    assert stale.submit(browser, "Save the institution", name="Vanha").status_code == 409
    assert "Mallikorkeakoulu" in browser.get(f"{PAGE}?lang=en").text
    assert "The north" in browser.get("/me?lang=en").text
    assert browser.get(f"{PAGE}?code=nobody").status_code == 404


def test_the_api_does_the_same(browser: FlaskClient) -> None:
    api = "/api/v1"
    made = browser.put(f"{api}/study-regions/north", json={"name": NAMES}).get_json()
    assert [one["code"] for one in made["study_regions"]] == ["capital", "north"]
    body = {"name": "Malli", "admits_staff": True, "study_region": "north"}
    kept = browser.put(f"{api}/institutions/malli", json=body).get_json()
    (malli,) = (one for one in kept["institutions"] if one["code"] == "malli")
    assert malli == body | {"code": "malli", "admits_students": False, "version": 1}
    assert browser.application.test_client().get(f"{api}/institutions").get_json() == kept
    wrong = browser.put(f"{api}/institutions/malli", json=body | {"study_region": "moon"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "study_region_unknown")
    assert browser.put(f"{api}/institutions/No!", json=body).status_code == 404
