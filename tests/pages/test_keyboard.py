"""Everything can be used with the keyboard alone, and the focus is always visible."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.pages.conftest import RunningSite
from tests.world.keyboard import Keyboard
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.demo import example
from zone.demo.tour import BOOKED, DESK, STUDENT
from zone.members.people import service as people

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def keys(site: RunningSite, request: pytest.FixtureRequest) -> Iterator[Keyboard]:
    """Yield the keyboard of a person on a new page, in English."""
    with site.reader(getattr(request, "param", BOOKED)) as page:
        page.goto("/docs/problems")
        page.locator(".langs [lang=en]").click()
        page.wait_for_selector("html[lang=en]")
        yield Keyboard(page)


def test_a_pass_is_bought_and_its_receipt_opened(keys: Keyboard) -> None:
    keys.page.goto("/buy")
    keys.follow("Choose", "text=Review and pay")
    keys.follow("Order and pay ", "text=No money moves")
    keys.follow("Pay", "text=Paid. Your pass works")
    keys.follow("Receipt 20", "text=Without VAT")


def test_a_class_is_booked_and_cancelled(keys: Keyboard) -> None:
    page = keys.page
    list_of_the_day = f"/classes?day={_a_day_with_classes(page)}"
    page.goto(list_of_the_day)
    keys.follow("Book ", ".undo >> text=Booked:")
    assert page.url.endswith(list_of_the_day), "the card has turned in its place"
    card = keys.focused()
    assert card.startswith(("b-c-", "b-n-")), (
        "the focus stays in the card, of the day or of what is next"
    )
    keys.tab_to("Undo")
    page.keyboard.press("Enter")
    page.locator(".undo").wait_for(state="detached")
    # The new card takes the focus a moment after it has come.
    page.wait_for_function("id => document.activeElement.id === id", arg=card)
    # Where the answer cannot be put in place, the form is sent as any other.
    page.route(
        "**/book",
        lambda route: route.abort() if "hx-request" in route.request.headers else route.continue_(),
    )
    page.keyboard.press("Enter")
    page.wait_for_selector(".undo >> text=Booked:")
    assert "done=booked" in page.url, "the list, at the card"
    page.goto("/bookings")
    keys.follow("Cancel ", "text=Your booking is cancelled")


def _a_day_with_classes(page: Any) -> str:
    """Return a day of the next week on which a class has free places."""
    for ahead in range(1, 8):
        day = (helsinki_date(utc_now()) + timedelta(days=ahead)).isoformat()
        page.goto(f"/classes?day={day}")
        if page.locator(".day.sel form[action$='/book']").count():
            return day
    raise AssertionError("no class to book")


def test_a_court_is_booked(keys: Keyboard) -> None:
    keys.page.goto("/courts")
    if keys.page.get_by_text("Next free").count():
        keys.follow("Next free", "text=Who comes along")
    else:
        keys.follow("Free: ", "text=Who comes along")
    keys.tab_to("Who comes along")
    keys.page.keyboard.press("ArrowDown")
    keys.follow("Book ", "text=Just bring your pass")
    assert "1 companion comes along" in keys.page.inner_text("main")


@pytest.mark.parametrize("keys", [STUDENT], indirect=True)
def test_the_pass_is_put_on_the_phone_and_shown(keys: Keyboard) -> None:
    keys.page.goto("/docs/problems")
    keys.follow("Pass", "[data-enrol]:visible")
    keys.tab_to("this phone")
    keys.page.keyboard.press("Space")
    keys.page.locator("#code .ink[d^=M]").wait_for(state="attached")


@pytest.mark.parametrize("keys", [DESK], indirect=True)
def test_the_desk_finds_a_person_records_a_proof_and_sells(keys: Keyboard) -> None:
    keys.page.goto("/desk")
    keys.page.keyboard.type(STUDENT)  # the search has the focus from the start
    keys.page.keyboard.press("Enter")
    # The only hit is opened at once.
    keys.page.wait_for_selector("#check_in")
    keys.follow("All about this person", "details.whole[open]")
    keys.follow("Record a proof", "details.whole details[open]")
    keys.write("What you saw", "student card with the autumn sticker")
    keys.write("Holds until", (helsinki_date(utc_now()) + timedelta(days=200)).strftime("%m%d%Y"))
    keys.follow("Record the proof", "#done")
    assert keys.focused() == "done"
    keys.follow("Sell", "details#sell[open]")
    keys.follow("Sell, paid by card", "#done a")
    assert keys.focused() == "done"


@pytest.mark.parametrize("keys", [DESK], indirect=True)
def test_the_desk_opens_a_door_once(keys: Keyboard) -> None:
    keys.page.goto("/desk")
    keys.tab_to("Door")
    keys.write("Why", "the fire inspector is here")
    keys.follow("Open once", "text=The door has been told to open")


@pytest.mark.parametrize("keys", [""], indirect=True)
def test_what_is_wrong_gets_the_focus(keys: Keyboard) -> None:
    keys.page.goto("/sign-in/password")
    keys.write("E-mail", DESK)
    keys.write("Password", "not the password")
    keys.follow("Sign in", "#e-password")
    keys.page.wait_for_function("() => document.activeElement.id === 'f-password'")


def test_a_refusal_gets_the_focus(site: RunningSite) -> None:
    starts_on = helsinki_date(utc_now()) + timedelta(days=2000)
    with site.reader(who_may_buy()) as page:
        page.goto(f"/buy/sports-term?starts_on={starts_on}")
        # A browser that has much to do sets the focus a moment after the page has come.
        page.wait_for_function("() => document.activeElement.id === 'f-starts_on'")


def who_may_buy() -> str:
    """Store a student without a pass; return the address.

    Who has one until their right ends has no other day to choose: no field is shown.
    """
    email, now = f"buying-{uuid.uuid4().hex[:8]}@zone.example", utc_now()
    with writing() as session:
        member = people.create_member(session, email=email, name="Ostaja", language="en", now=now)
        example.prove(session, member, "metropolia", "student", now)
    return email


@pytest.mark.planted_fault("a button that tab passes over")
def test_a_button_outside_the_tab_order_fails_the_check(keys: Keyboard) -> None:
    keys.page.goto("/buy/sports-term")
    keys.page.evaluate(
        "document.querySelectorAll('main button').forEach(one => { one.tabIndex = -1 })"
    )
    with pytest.raises(AssertionError, match="no way to"):
        keys.tab_to("Order and pay ")


@pytest.mark.planted_fault("a button without a focus ring")
def test_a_button_without_a_focus_ring_fails_the_check(keys: Keyboard) -> None:
    keys.page.goto("/buy/sports-term")
    keys.page.evaluate(
        "document.querySelectorAll('main button').forEach(one => { one.style.outline = 'none' })"
    )
    with pytest.raises(AssertionError, match="cannot be seen"):
        keys.tab_to("Order and pay ")
