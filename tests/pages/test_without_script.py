"""Without scripts everything but the pass itself works, from the first sign-in to the receipt."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.pages.conftest import RunningSite
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.demo.tour import BOOKED

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(site: RunningSite) -> Iterator[Any]:
    """Yield a page of a guest, in a browser that runs no scripts."""
    with site.reader("", java_script_enabled=False) as page:
        page.goto("/sign-in?lang=en")
        yield page


def test_everything_but_the_pass_works_without_a_script(page: Any) -> None:
    sign_in(page)
    buy(page)
    book_a_class(page)
    book_a_court(page)
    cancel_everything(page)
    answer_the_survey(page)
    page.goto("/receipts")
    assert "Sports pass" in page.inner_text("main")
    page.goto("/pass")
    assert "Opening your pass" not in page.inner_text("main")
    page.get_by_role("link", name="Printed code").click()
    assert "Doors do not open with it" in page.inner_text("main")


def sign_in(page: Any) -> None:
    page.get_by_label("E-mail").fill(BOOKED)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("textbox", name="Code").fill(_mailed_code())
    page.get_by_role("button", name="Sign in").click()
    page.goto("/me")
    page.get_by_role("button", name="EN – in English").click()  # until now the person's own
    assert BOOKED in page.inner_text("main")


def _mailed_code() -> str:
    """Return the six digits of the newest mail to that person."""
    newest = (
        select(OutboxMail.body)
        .where(OutboxMail.recipient == BOOKED)
        .order_by(OutboxMail.id.desc())
        .limit(1)
    )
    with reading() as session:
        found = re.search(r"\b\d{6}\b", session.scalars(newest).one())
    assert found is not None
    return found[0]


def buy(page: Any) -> None:
    page.goto("/buy")
    page.get_by_role("link", name="Choose").first.click()
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="Pay").click()
    assert "Paid. Your pass works" in page.inner_text("main")


def book_a_class(page: Any) -> None:
    # Not seven days ahead: early in the morning nothing of that day can be booked yet.
    for ahead in range(1, 7):
        page.goto(f"/classes?day={helsinki_date(utc_now()) + timedelta(days=ahead)}")
        buttons = page.locator("form[action$='/book'] button")
        if buttons.count():
            break
    buttons.first.evaluate("one => one.form.submit()")
    page.wait_for_selector("text=Booked:")


def book_a_court(page: Any) -> None:
    page.goto(f"/courts?day={_an_open_day()}")
    page.locator(".court-grid .free a").last.click()
    page.get_by_role("button", name="Book").click()
    assert "Just bring your pass" in page.inner_text("main")


def _an_open_day() -> str:
    """Return a day that can be booked and is not a Sunday, when the campus is closed."""
    day = helsinki_date(utc_now()) + timedelta(days=2)
    return (day + timedelta(days=day.isoweekday() == 7)).isoformat()


def cancel_everything(page: Any) -> None:
    page.goto("/bookings")
    while (buttons := page.get_by_role("button", name="Cancel")).count():
        buttons.first.click()
        assert "Your booking is cancelled" in page.inner_text("main")


def answer_the_survey(page: Any) -> None:
    page.goto("/me")
    page.get_by_role("link", name="Answer the survey").click()
    page.get_by_label("4 – good").check()
    page.get_by_role("button", name="Send my answers").click()
    assert "Thank you for answering" in page.inner_text("main")
