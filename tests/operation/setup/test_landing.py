"""An administrator lands on the first steps until the service can open, and finds them later."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.booking import an_actor
from tests.world.people import a_browser, a_member, signed_in
from tests.world.rendered_forms import form_with, forms_of
from tests.world.site import build
from tests.world.weekly_classes import a_class
from zone.access.bridges.models import Bridge
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.operation.setup import queries
from zone.operation.setup import service as setup
from zone.operation.setup.rules import OPENS_WITHOUT
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Product

PAGE = "/manage/setup"
EMAIL, PASSWORD = "yllapito@zone.example", "a password of some length"


def page_of(browser: FlaskClient) -> str:
    return browser.get("/manage/campuses").text


def back(browser: FlaskClient) -> bool:
    """Return whether another page leads back to the first steps by itself, as phones show it."""
    found = re.search(rf'class="due only-phone"[^>]*><a href="{PAGE}"', page_of(browser))
    return found is not None


def entry(browser: FlaskClient) -> bool:
    """Return whether the side bar of another page leads to the first steps."""
    return f'class="item" href="{PAGE}"' in page_of(browser)


def left(settings: Settings) -> set[str]:
    with reading() as session:
        steps = queries.setup_steps(session, settings, helsinki_date(utc_now()))
    return {step.name for step in steps if not step.done}


def complete(member_id: int) -> None:
    """Store what a service cannot open without; the tests' settings name a seller."""
    with writing() as session:
        a_member(session)  # comes with the institutions
        world = build(session).world
        setup.take_rates(session, an_actor(member_id, "admin"), utc_now())
        product = session.scalars(select(Product)).first()
        assert product is not None
        catalogue.set_price(
            session, product.code, role="student", cents=100, valid_from=helsinki_date(utc_now())
        )
        session.execute(update(Bridge).values(enrolled_at=utc_now()))
    a_class(world)


def test_an_administrator_lands_on_the_first_steps_until_the_service_can_open(
    app: Flask, settings: Settings
) -> None:
    now = utc_now()
    with writing() as session:
        roles.create_admin(session, email=EMAIL, name="Ylläpito", password=PASSWORD, now=now)
    browser = a_browser(app)
    signing_in = form_with(browser, "/sign-in/password", "password")
    entered = signing_in.save(browser, email=EMAIL, password=PASSWORD)
    assert (entered.status_code, entered.location) == (303, PAGE)
    # It is left for a page of its own, and taken up again from there or from the logo.
    assert entry(browser)
    assert back(browser)
    assert browser.get("/").location == PAGE
    with reading() as session:
        member_id = session.scalars(select(Member.id)).one()
    complete(member_id)
    assert left(settings) == OPENS_WITHOUT
    assert browser.get("/").location == "/targets"
    assert entry(browser), "mail, payments, people and targets are still to do"


def test_the_entry_goes_with_the_last_step(app: Flask, settings: Settings) -> None:
    with writing() as session:
        member_id = a_member(session).id
        for member, role in ((member_id, "admin"), (a_member(session).id, "desk")):
            roles.grant_role(session, member, role, utc_now())
    complete(member_id)
    browser = signed_in(app, member_id)
    with writing() as session:
        setup.take_targets(session, an_actor(member_id, "admin"), utc_now())
        setup.record_mail_tried(session, an_actor(member_id, "admin"), utc_now())
    assert left(settings) == {"payments"}
    assert entry(browser)
    browser.post("/manage/payments/development/try")
    assert left(settings) == set()
    assert not entry(browser)
    assert not back(browser)
    # Its own page stays, and says so; the page of the service leads there.
    assert any(form.action == f"{PAGE}/mail" for form in forms_of(browser, PAGE))
    assert f'href="{PAGE}"' in browser.get("/manage/service").text
