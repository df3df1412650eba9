"""The shop: prices for everybody, the one step before buying, and the way back to a booking."""

import re
from datetime import date, time, timedelta
from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.buying import choose_outcome, page_browser, pay_button
from tests.world.people import a_browser
from tests.world.rendered_forms import forms_of, text_of
from tests.world.shop import NOW, a_pass, a_product, a_student, in_group, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.formats import format_date
from zone.core.time import helsinki_date
from zone.members.affiliations import service as affiliations
from zone.members.people.service import create_member
from zone.passes.catalogue import service as catalogue
from zone.places.campuses.models import Campus
from zone.places.campuses.service import create_campus
from zone.places.opening_hours.service import set_hours

pytestmark = pytest.mark.engines("sqlite")

COURTS = "/courts?day=2026-12-01&minutes=60"
NEXT = f"next={quote(COURTS, safe='')}"


def someone(app: Flask, school: str | None = None, role: str = "student") -> FlaskClient:
    """A person without a proof, who says to study or work somewhere."""
    with writing() as session:
        member = create_member(
            session, email=f"{school}@zone.example", name="N", language="en", now=NOW
        )
        if school:
            affiliations.add_affiliation(
                session, member.id, institution_code=school, role=role, study_region="capital"
            )
        member_id = member.id
    return page_browser(app, member_id)


def steps(page: str) -> list[str]:
    """The links and buttons of the step before buying, without the list of other campuses."""
    [step] = re.findall(r'<section class="card elig warn".*?</section>', page, re.S)
    step = re.sub(r"<details>.*?</details>", "", step, flags=re.S)
    return [unescape(href) for href in re.findall(r'href="([^"#]*)', step) if ".svg" not in href]


def test_guests_see_what_each_role_pays(shop: Flask) -> None:
    guest = a_browser(shop)
    page = guest.get("/buy?lang=en").text
    assert ("45,00\u00a0€" in page, "90,00\u00a0€" in page) == (True, False)
    assert ">Choose<" not in page
    assert "90,00\u00a0€" in guest.get("/buy?lang=en&role=staff").text
    assert steps(guest.get(f"/buy?{NEXT}").text) == [
        f"/sign-in?next={quote('/buy?' + NEXT, safe='')}"
    ]


def cards(page: str) -> list[str]:
    """The text of each product of the shop."""
    return [text_of(one) for one in page.split('<li class="card product')[1:]]


def test_a_card_says_when_its_price_changes(shop: Flask, browser: FlaskClient) -> None:
    """The price list said it, and the shop sold the day before without a word."""
    today = helsinki_date(utc_now())
    later, last = today + timedelta(40), today + timedelta(80)
    with writing() as session:
        in_group(session, "metropolia", "owners")
        catalogue.set_price(session, "term", role="student", cents=4900, valid_from=later)
        catalogue.set_price(session, "gym", role="student", cents=None, valid_from=later)
        catalogue.set_price(
            session, "term", role="student", cents=3900, valid_from=last, group="owners"
        )
        a_product(session, "next", "gym_pass", ("gym",), 30)
        catalogue.set_price(session, "next", role="student", cents=1, valid_from=later)
    day, then = (format_date(one, "en") for one in (later, last))
    for reader in (a_browser(shop), browser):
        found = cards(reader.get("/buy?lang=en").text)
        (term,) = [one for one in found if "term (en)" in one]
        assert f"From {day}: 49,00 €" in term
        assert f"From {then}: 39,00 €, for Metropolia" in term
        (gym,) = [one for one in found if "gym (en)" in one]
        assert f"From {day}: not sold at this price" in gym
        assert not [one for one in found if "next (en)" in one], "it is not sold yet"


def test_who_has_said_nothing_says_where_they_study(shop: Flask) -> None:
    page = someone(shop).get("/buy").text
    assert steps(page) == ["/me"]
    assert "45,00\u00a0€" in page


def test_who_is_not_admitted_is_told_so(shop: Flask) -> None:
    page = someone(shop, "arcada", "staff").get("/buy").text
    assert "Arcada has no part in this service" in page
    assert steps(page) == ["/me"]


@pytest.fixture
def campus(shop: Flask) -> str:
    """A campus with an address that is always open, and one without, that never is."""
    with writing() as session:
        create_campus(session, code="nowhere", name="A Nowhere")
        open_one = create_campus(session, code="pasila", name="Pasila")
        row = session.get_one(Campus, open_one.id)
        row.street, row.postal_code, row.city = "Ratatie 1", "00520", "Helsinki"
        set_hours(
            session,
            campus_id=open_one.id,
            weekdays=range(1, 8),
            opens=time(0),
            closes=time(23, 59),
            valid_from=date(2020, 1, 1),
        )
    return "Pasila"


def test_a_proof_is_shown_at_the_nearest_open_desk(shop: Flask, campus: str) -> None:
    page = someone(shop, "metropolia").get("/buy").text
    assert "Show your student card of Metropolia at the desk" in page
    assert "Ratatie 1, 00520 Helsinki" in page
    [the_map] = steps(page)
    assert the_map.startswith("https://www.openstreetmap.org/search?query=Ratatie+1")
    assert page.index(campus) < page.index("A Nowhere"), "open ones first"


def test_a_proof_that_ended_says_when(shop: Flask, campus: str) -> None:
    ended = helsinki_date(utc_now()) - timedelta(days=1)
    page = page_browser(shop, a_student(until=ended)).get("/buy").text
    assert "Your proof ended on" in page
    assert len(steps(page)) == 1


def test_what_one_holds_is_extended_without_a_day_between(
    browser: FlaskClient, student: int
) -> None:
    today = helsinki_date(utc_now())
    a_pass(student, "gym", starts_on=today, ends_on=today + timedelta(days=5))
    page = browser.get("/buy").text
    assert "You have: gym (en)" in page
    [paths] = re.findall(r'<ul class="paths">.*?</ul>', page, re.S)
    assert re.findall(r'href="([^"]+)"', paths) == ["/buy/gym", "/buy/visit"]
    assert "staff of" not in page
    assert ">Choose<" not in browser.get("/buy?role=staff").text, "not theirs to buy"


def test_buying_leads_back_to_what_was_being_booked(browser: FlaskClient, student: int) -> None:
    shown = browser.get(f"/buy?{NEXT}").text
    review = next(unescape(href) for href in re.findall(r'href="(/buy/term[^"]*)"', shown))
    form, _into_the_basket = forms_of(browser, review)
    order = browser.get(
        choose_outcome(browser, form.submit(browser, pay_button(form)).location)
    ).location
    assert (passes(student), order.partition("?")[2]) == (1, NEXT)
    page = browser.get(order).text
    assert f'href="{COURTS.replace("&", "&amp;")}"' in page
    # Of this order only, and once: the next one leads to the pass.
    form, _into_the_basket = forms_of(
        browser, "/buy/gym?starts_on=" + str(helsinki_date(utc_now()) + timedelta(200))
    )
    other = browser.get(
        choose_outcome(browser, form.submit(browser, pay_button(form)).location)
    ).location
    assert "?" not in other


def test_a_declined_payment_keeps_the_way_back(browser: FlaskClient) -> None:
    form, *_others = forms_of(browser, f"/buy/term?{NEXT}")
    paying = form.submit(browser, pay_button(form)).location
    order = browser.get(choose_outcome(browser, paying, "declined")).location
    [again] = [form for form in forms_of(browser, order) if form.action.endswith(NEXT)]
    paying = again.submit(browser, pay_button(again)).location
    assert browser.get(choose_outcome(browser, paying)).location == order


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/no-such-page",
        "/courts?" + "x" * 600,
    ],
)
def test_the_way_back_never_leaves_the_site(browser: FlaskClient, address: str) -> None:
    page = browser.get("/buy?next=" + quote(address, safe="")).text
    assert "next=" not in page.partition("<main")[2].partition("</main>")[0]
    order = "/orders/00000000-0000-4000-8000-000000000000"
    browser.set_cookie("zone-next", f"{order[8:]}:{address}")
    assert "evil" not in browser.get(order).text


def test_who_cannot_buy_is_sent_to_the_step(shop: Flask) -> None:
    sent = someone(shop, "metropolia").get(f"/buy/term?{NEXT}")
    assert (sent.status_code, sent.location) == (303, f"/buy?{NEXT}")
