"""The forms of the person's page that take a visit and give one back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world import counter
from tests.world.counter import a_person
from tests.world.rendered_forms import RenderedForm, forms_of
from tests.world.shop import a_pass
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue
from zone.passes.passes import queries

pytestmark = pytest.mark.engines("sqlite")


def test_the_desk_takes_a_visit_and_gives_it_back(app: Flask) -> None:
    desk = counter.build(app)
    person = a_person(desk, with_pass=False)
    with writing() as session:
        catalogue.set_product(
            session,
            code="one",
            kind="single_visit",
            names=("Yksi", "Ett", "One"),
            entitlements=("gym",),
            length_days=90,
            visits=1,
        )
    today = helsinki_date(utc_now())
    a_pass(person.id, "one", starts_on=today, ends_on=today + timedelta(days=60), now=utc_now())
    staff, path = counter.browser(desk, "desk"), f"/desk/people/{person.public}?lang=en"
    staff.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ACCEPT": "text/html"}

    def left() -> int | None:
        with reading() as session:
            return queries.passes_of(session, person.id, utc_now())[0].visits_left

    found = _finder(staff, path)
    assert found("visit-return") is None, "there is none to give back"
    take = found("pass-visit")
    assert take is not None
    assert take.submit(staff, "Take one visit", reason="").status_code == 422
    assert take.submit(staff, "Take one visit", reason="A guest").status_code == 303
    assert left() == 0
    assert found("pass-visit") is None, "none is left"
    back = found("visit-return")
    assert back is not None
    assert back.submit(staff, "Give the visit back", reason="Read twice").status_code == 303
    assert (left(), found("visit-return")) == (1, None)


def _finder(staff: FlaskClient, path: str) -> Callable[[str], RenderedForm | None]:
    def found(act: str) -> RenderedForm | None:
        forms = (form for form in forms_of(staff, path) if form.action.endswith(f"/{act}"))
        return next(forms, None)

    return found
