"""Products and prices: managers set them, and a price in force is never changed."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.checkout import TERMS, order_today
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.shop import a_student
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Price, Product
from zone.passes.orders import service as orders

pytestmark = pytest.mark.engines("sqlite")

NAMES = {"fi": "Uintipassi", "sv": "Simpass", "en": "Swimming pass"}
SWIM: dict[str, Any] = {
    "name": NAMES,
    "kind": "sports_pass",
    "entitlements": ["gym", "court"],
    "campuses": [],
    "duration": "days",
    "length_days": 30,
    "activation_days": None,
    "visits": None,
    "vat_category": "exercise",
}


@pytest.fixture
def today() -> date:
    return helsinki_date(utc_now())


def with_role(app: Flask, role: str) -> FlaskClient:
    member_id = a_student(f"{role}@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, role, utc_now())
    return page_browser(app, member_id)


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    return with_role(shop, "manager")


def make_product(manager: FlaskClient) -> None:
    assert manager.put("/api/v1/catalogue/swim", json=SWIM).status_code == 200


def priced(
    manager: FlaskClient, day: date, cents: int | None, code: str = "swim", group: str = ""
) -> int:
    price = {"role": "student", "valid_from": f"{day}", "cents": cents, "price_group": group}
    return manager.post(f"/api/v1/catalogue/{code}/prices", json=price).status_code


def prices(code: str = "swim") -> list[tuple[date, int | None]]:
    with reading() as session:
        rows = select(Price.valid_from, Price.cents).join(Product, Product.id == Price.product_id)
        stored = session.execute(
            rows.where(Product.code == code, Price.role == "student").order_by(Price.valid_from)
        )
        return [(day, cents) for day, cents in stored]


def on_record() -> list[tuple[str, str | None, str | None]]:
    with reading() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.object_kind == "product").order_by(AuditRow.id)
        )
        return [(row.action, row.before, row.after) for row in rows]


def paid_on(member_id: int, day: date) -> int:
    """Return what an order of that day costs, in cents; the order is rolled back."""
    with writing() as session:
        now = utc_now() + (day - helsinki_date(utc_now()))
        cents = orders.place_order(session, member_id, "swim", now=now, **TERMS).total_cents
        session.rollback()
        return cents


def test_a_manager_makes_a_product_which_is_bought_at_the_price_of_the_day(
    manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    student = a_student()
    assert priced(manager, today, 2000) == 201
    assert priced(manager, today + timedelta(days=7), 2500) == 201
    assert [paid_on(student, today + timedelta(days=ahead)) for ahead in (0, 6, 7, 30)] == [
        2000,
        2000,
        2500,
        2500,
    ]
    listed = manager.get("/api/v1/catalogue").json
    assert listed
    swim = next(product for product in listed["products"] if product["code"] == "swim")
    version = manager.put("/api/v1/catalogue/swim", json=SWIM).get_json()["version"]
    assert swim | {"prices": []} == SWIM | {"code": "swim", "version": version, "prices": []}
    assert [price["cents"] for price in swim["prices"]] == [2000, 2500]


def test_a_product_that_is_not_sold_from_a_day_stays_in_the_list(
    manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    assert priced(manager, today, None) == 201
    assert prices() == [(today, None)]
    assert '"swim"' in manager.get("/api/v1/catalogue").text


def test_a_change_is_audited_with_before_and_after_and_no_change_is_not(
    manager: FlaskClient, today: date
) -> None:
    version = None
    for days in (30, 30, 60):
        response = manager.put(
            "/api/v1/catalogue/swim", json=SWIM | {"length_days": days, "version": version}
        )
        assert response.status_code == 200
        version = response.get_json()["version"]
    priced(manager, today + timedelta(days=1), 2000)
    priced(manager, today + timedelta(days=1), 2100)
    rows = on_record()
    assert [action for action, _, _ in rows] == [
        "product.create",
        "product.change",
        "product.price",
        "product.price",
    ]
    assert "30" in str(rows[1][1])
    assert "60" in str(rows[1][2])
    assert "2000" in str(rows[3][1])
    assert "2100" in str(rows[3][2])


def check_the_later_of_two_editors_gets_a_conflict(manager: FlaskClient) -> None:
    """Check that an edit of an older version, or of none, is refused with what differs."""
    make_product(manager)
    read = {"version": manager.put("/api/v1/catalogue/swim", json=SWIM).get_json()["version"]}
    assert (
        manager.put("/api/v1/catalogue/swim", json=SWIM | read | {"length_days": 60}).status_code
        == 200
    )
    for late in (read, {}):
        refused = manager.put("/api/v1/catalogue/swim", json=SWIM | late | {"length_days": 90})
        assert (refused.status_code, refused.get_json()["code"]) == (409, "edited_meanwhile")
        assert refused.get_json()["changed"] == ["length_days"]
    with reading() as session:
        assert catalogue_queries.product_by_code(session, "swim").length_days == 60


def test_the_later_of_two_editors_gets_a_conflict(manager: FlaskClient) -> None:
    check_the_later_of_two_editors_gets_a_conflict(manager)


@pytest.mark.planted_fault("an edit whose version nobody compares")
def test_an_edit_whose_version_is_not_compared_fails_the_check(
    manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_check_version", lambda *_: None)
    with pytest.raises(AssertionError):
        check_the_later_of_two_editors_gets_a_conflict(manager)


def check_a_price_in_force_is_never_changed(manager: FlaskClient, today: date) -> None:
    """Check that prices in force stay the same after every attempt to change them."""
    make_product(manager)
    priced(manager, today, 2000)
    order_today(a_student("buyer@zone.example"), "swim")
    for day in (today, today - timedelta(days=1), date(2020, 1, 1)):
        priced(manager, day, 1)
    assert prices() == [(today, 2000)]
    priced(manager, today - timedelta(days=1), 1, "term")
    priced(manager, date(2020, 1, 1), 1, "term")
    assert prices("term") == [(date(2020, 1, 1), 4500)]


@pytest.mark.engines("sqlite", "postgresql")
def test_a_price_in_force_is_never_changed(manager: FlaskClient, today: date) -> None:
    check_a_price_in_force_is_never_changed(manager, today)
    assert priced(manager, today, 1) == 409
    assert priced(manager, today - timedelta(days=1), 1) == 422


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("a price in force that can be changed")
def test_a_price_in_force_that_can_be_changed_fails_the_check(
    manager: FlaskClient, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_queries, "has_begun", lambda *_args: False)
    with pytest.raises(AssertionError):
        check_a_price_in_force_is_never_changed(manager, today)


def test_a_price_to_come_is_corrected_and_a_repeated_request_sets_it_once(
    manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    soon = today + timedelta(days=3)
    price = {"role": "student", "valid_from": f"{soon}", "cents": 2000}
    sent: dict[str, Any] = {"json": price, "headers": {"Idempotency-Key": "one"}}
    assert [
        manager.post("/api/v1/catalogue/swim/prices", **sent).status_code for _ in range(2)
    ] == [201, 201]
    assert len(on_record()) == 2
    assert priced(manager, soon, 2100) == 201
    assert prices() == [(soon, 2100)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "car"},
        {"entitlements": []},
        {"entitlements": ["gym", "gym"]},
        {"kind": "fee"},
        {"length_days": 0},
        {"length_days": "30"},
        {"name": {"fi": "x"}},
        {"vat_category": "none"},
        {"cents": 1},
        {"campuses": "all"},
    ],
)
def test_an_invalid_product_is_refused(manager: FlaskClient, wrong: dict[str, Any]) -> None:
    assert manager.put("/api/v1/catalogue/swim", json=SWIM | wrong).status_code == 422
    assert on_record() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "guest"},
        {"cents": -1},
        {"cents": 1_000_001},
        {"cents": 9.5},
        {"cents": "9"},
        {"valid_from": "soon"},
        {"valid_from": "2200-01-01"},
        {"price_group": "Owners!"},
        {"group": "x"},
    ],
)
def test_an_invalid_price_is_refused(
    manager: FlaskClient, today: date, wrong: dict[str, Any]
) -> None:
    price = {"role": "student", "valid_from": f"{today}", "cents": 2000} | wrong
    assert manager.post("/api/v1/catalogue/term/prices", json=price).status_code == 422
    assert on_record() == []


def test_unknown_products_and_campuses_are_not_found(manager: FlaskClient, today: date) -> None:
    assert priced(manager, today, 1, "nothing") == 404
    assert manager.put("/api/v1/catalogue/Swim", json=SWIM).status_code == 404
    assert (
        manager.put("/api/v1/catalogue/swim", json=SWIM | {"campuses": ["moon"]}).status_code == 404
    )


@pytest.mark.engines("sqlite", "postgresql")
def test_two_who_set_the_same_day_at_once_leave_one_price(
    shop: Flask, manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    boss = an_actor(a_student("boss@zone.example"), "manager")

    def set_it() -> None:
        with writing() as session:
            price = catalogue.NewPrice("student", "", today, 2000)
            catalogue.plan_price(session, boss, "swim", price, utc_now())

    assert outcomes(shop, [set_it] * 2) == {"done": 2}, "nobody has ordered at it yet"
    assert prices() == [(today, 2000)]


@pytest.mark.engines("sqlite", "postgresql")
def test_two_who_add_the_same_product_at_once_leave_one(shop: Flask) -> None:
    boss = an_actor(a_student("boss@zone.example"), "manager")

    def save_it() -> None:
        with writing() as session:
            catalogue.save_product(session, boss, "swim", **SWIM, version=None, now=utc_now())

    answers = outcomes(shop, [save_it] * 2)
    assert answers in ({"done": 2}, {"done": 1, "product_exists": 1})
    assert [action for action, _, _ in on_record()] == ["product.create"]


@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_only_managers_see_and_set_products(shop: Flask, today: date, role: str) -> None:
    for browser in (with_role(shop, role), page_browser(shop, a_student())):
        assert browser.get("/api/v1/catalogue").status_code == 403
        assert browser.get("/manage/products").status_code == 403
        assert browser.put("/api/v1/catalogue/swim", json=SWIM).status_code == 403
        assert priced(browser, today, 1, "term") == 403
