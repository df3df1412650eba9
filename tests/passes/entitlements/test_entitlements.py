"""What a product lets its holder do: set by managers, kept by passes, shown to people."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.checkout import bought, notices, ordered, refused, report
from tests.world.conditions import set_conditions, until
from tests.world.people import a_browser, an_actor
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_product, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.catalogue.queries import product_by_code
from zone.passes.entitlements import invariants, service
from zone.passes.entitlements.rules import NONE, Conditions, UseHours, from_stored
from zone.passes.passes.models import Pass
from zone.passes.upgrades.queries import upgrades_of
from zone.places.campuses.service import create_campus

pytestmark = pytest.mark.engines("sqlite")
MORE = Conditions(until(14).hours, 1, 2, ("class", "online"))


def id_of(code: str) -> int:
    with reading() as session:
        return product_by_code(session, code).id


def stored(code: str = "gym") -> Conditions:
    with reading() as session:
        return product_by_code(session, code).conditions


def conditions_of_passes() -> list[Conditions]:
    with reading() as session:
        rows = session.scalars(select(Pass).order_by(Pass.id))
        assert invariants.count_other_conditions(session, NOW) == 0
        return [from_stored(row.conditions) for row in rows]


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


@pytest.mark.engines("sqlite", "postgresql")
def test_an_order_keeps_what_was_sold(student: int) -> None:
    set_conditions(id_of("gym"), MORE)
    order_id = ordered(student, "gym")
    set_conditions(id_of("gym"), NONE)
    report(notices(order_id)[0])
    assert conditions_of_passes() == [MORE]


@pytest.mark.engines("sqlite", "postgresql")
def test_a_pass_for_all_day_does_not_wait_for_one_of_mornings(student: int) -> None:
    with writing() as session:
        a_product(session, "mornings", "gym_pass", ("gym",), 30, student=900)
    set_conditions(id_of("mornings"), until(14))
    bought(student, "mornings")
    with reading() as session:
        pass_id = session.scalars(select(Pass.public_id)).one()
        offers = upgrades_of(session, student, pass_id, NOW, seller_vat=True)
        assert "gym" in {offer.quote.product.code for offer in offers}
    bought(student, "gym")
    bought(student, "mornings")
    with reading() as session:
        starts = session.scalars(select(Pass.starts_on).order_by(Pass.id)).all()
    assert starts == [TODAY, TODAY, date(2026, 10, 1)]


def test_entitlements_are_saved_by_version(shop: Flask) -> None:
    actor = an_actor(a_student("johtaja@zone.example"), "manager")

    def save(conditions: Conditions, version: int, code: str = "gym") -> None:
        with writing() as session:
            service.save_entitlements(session, actor, code, conditions, version=version, now=NOW)

    save(MORE, 1)
    save(MORE, 1)  # a second tap
    assert stored() == MORE
    assert refused(lambda: save(NONE, 1)) == "edited_meanwhile"
    with writing() as session:
        product_by_code(session, "visit").kind = "fee"
    assert refused(lambda: save(MORE, 1, "visit")) == "no_pass_to_entitle"


def test_a_manager_sets_them_on_the_page(manager: FlaskClient) -> None:
    (form,) = forms_of(manager, "/manage/products/entitlements?code=gym")
    form.data |= {
        "weekdays": ["1-1", "1-2", "2-7"],
        "opens": ["06:00", "", "", ""],
        "closes": ["14:00", "12:30", "", ""],
        "companions": ["0"],
    }
    assert form.submit(manager, "Save").status_code == 303
    hours = (UseHours((1, 2), 360, 840), UseHours((7,), 0, 750))
    assert stored() == Conditions(hours, 0, 0)
    (form,) = forms_of(manager, "/manage/products/entitlements?code=gym")
    assert form.data["weekdays"] == ["1-1", "1-2", "2-7"]
    for wrong, says in (
        ({"weekdays": []}, "Choose the weekdays"),
        ({"closes": ["05:00", "", "", ""]}, "has to end after it begins"),
        ({"closes": ["soon", "", "", ""]}, "has to end after it begins"),
        ({"days_earlier": ["99"]}, "from 0 to 30"),
    ):
        (form,) = forms_of(manager, "/manage/products/entitlements?code=gym")
        form.data |= wrong
        answer = form.submit(manager, "Save")
        assert answer.status_code == 422
        assert says in answer.text


def test_the_json_sets_and_gives_them(manager: FlaskClient) -> None:
    address = "/api/v1/catalogue/gym/entitlements"
    body = {"hours": [{"weekdays": [1], "closes": "14:00"}], "days_earlier": 2, "version": 1}
    assert manager.put(address, json=body).status_code == 200
    assert stored() == Conditions((UseHours((1,), 0, 840),), 2)
    answer = manager.get(address).get_json()
    assert (answer["version"], answer["days_earlier"], answer["companions"]) == (2, 2, None)
    assert answer["hours"] == [{"weekdays": [1], "opens": None, "closes": "14:00:00"}]
    assert manager.put(address, json=answer).status_code == 200, "what was read can be sent again"


def test_holders_read_them_on_the_page_of_their_pass(student: int, browser: FlaskClient) -> None:
    with writing() as session:
        create_campus(session, code="arabia", name="Arcada Arabia")
        product_by_code(session, "gym").campuses = ["arabia"]
    set_conditions(id_of("gym"), MORE)
    bought(student, "gym")
    with reading() as session:
        pass_id = session.scalars(select(Pass.public_id)).one()
    text = browser.get(f"/passes/{pass_id}?lang=en").text
    for said in ("Gym", "Arcada Arabia", "Only Mon–Fri until 14.00", "2 companions a day"):
        assert said in text
    given = browser.get("/api/v1/me/pass").get_json()["gives"]
    assert [line["en"] for line in given] == [
        "Gym",
        "Only Mon–Fri until 14.00",
        "Of the classes only: Group class, Online, live",
        "Booking opens 1 day earlier",
        "2 companions a day",
    ]
    assert given[1]["fi"] == "Vain ma–pe klo 14.00 asti"


def test_people_read_them_before_they_buy(shop: Flask, browser: FlaskClient) -> None:
    set_conditions(id_of("gym"), MORE)
    for page in ("/prices", "/buy", "/buy/gym"):
        reader = a_browser(shop) if page == "/prices" else browser
        text = reader.get(f"{page}?lang=en").text
        assert "Only Mon–Fri until 14.00" in text
        assert "Booking opens 1 day earlier" in text
        assert "Of the classes only: Group class, Online, live" in text
        assert "2 companions a day" in text
    offers = browser.get("/api/v1/products").get_json()["products"]
    gym = next(one for one in offers if one["code"] == "gym")
    assert gym["conditions"]["companions"] == 2
