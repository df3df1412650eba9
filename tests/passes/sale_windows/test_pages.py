"""The page of when a product is sold: its forms as rendered."""

import pytest
from flask import Flask

from tests.world.buying import page_browser
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.catalogue.queries import product_by_code
from zone.passes.sale_windows import queries

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/products/sale?code=gym"


def windows() -> int:
    with reading() as session:
        return len(queries.windows_of(session, product_by_code(session, "gym").id))


def test_a_manager_adds_a_time_and_removes_it(shop: Flask) -> None:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    browser = page_browser(shop, member_id)
    (add,) = forms_of(browser, PAGE)
    half = {"opens_on": "2027-01-04", "opens": "09:00", "closes_on": "2027-02-01"}
    assert add.submit(browser, "Add a time", **half).status_code == 422
    assert add.submit(browser, "Add a time", **half, closes="08:00").status_code == 303
    assert windows() == 1
    remove, _add = forms_of(browser, PAGE)
    assert remove.submit(browser, "Remove").status_code == 303
    assert windows() == 0
