"""A day at the counter in a browser: a sale for cash, a refund by line, the close of the till."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.pages.conftest import DESKTOP, RunningSite
from tests.pages.test_appeal import in_english
from tests.pages.test_pause import a_holder
from tests.pages.test_queue import await_words
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.formats import format_cents, format_date
from zone.demo.tour import DESK, STUDENT
from zone.members.people.models import Member
from zone.passes.orders.models import Order
from zone.passes.passes.models import Pass
from zone.passes.tills.models import Till, TillClose
from zone.passes.tills.queries import OpenDay, till_view

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def the_till() -> tuple[str, OpenDay]:
    """Return the code and the open day of the only till."""
    with reading() as session:
        code = session.scalars(select(Till.code)).one()
        day = till_view(session, code, utc_now()).open
    assert day is not None
    return code, day


def newest_order(email: str) -> Order:
    with reading() as session:
        return session.scalars(
            select(Order)
            .join(Member, Member.id == Order.member_id)
            .where(Member.email == email)
            .order_by(Order.id.desc())
            .limit(1)
        ).one()


def person_page(email: str) -> str:
    with reading() as session:
        person = session.scalars(select(Member.public_id).where(Member.email == email)).one()
    return f"/desk/people/{person}?lang=en"


def sell_for_cash(page: Any) -> int:
    """Sell a product for cash to a person whom no other test sells it to; return its cents."""
    page.goto(person_page(a_holder()) + "&do=sell")
    offered = page.locator("select[name=offer] option").evaluate_all(
        "all => all.map(one => one.value).filter(Boolean)"
    )
    chosen = next(one for one in offered if one.startswith("gym-month"))
    page.locator("select[name=offer]").first.select_option(chosen)
    page.locator("button[name=method][value=cash]:visible").first.click()
    page.wait_for_url("**done=sold**")
    return int(chosen.split(":")[1])


def test_a_sale_for_cash_and_the_close_of_the_day(site: RunningSite) -> None:
    code, before = the_till()
    with site.reader(DESK, DESKTOP) as page:
        cents = sell_for_cash(page)
        _code, day = the_till()
        assert day.expected["cash"] == before.expected["cash"] + cents
        page.goto(f"/desk/tills/{code}?lang=en")
        assert f"expected {format_cents(day.expected['cash'])}" in page.inner_text("main")
        for method, expected in day.expected.items():
            counted = expected - 50 if method == "cash" else expected
            page.locator(f"[name=counted-{method}]").fill(f"{counted // 100},{counted % 100:02d}")
        page.locator("form[action$='/close'] button").click()
        wrong = page.locator("[name=reason-cash]")
        assert wrong.get_attribute("aria-invalid") == "true", "a difference has a reason"
        wrong.fill("50 cents were missing")
        page.locator("form[action$='/close'] button").click()
        page.wait_for_url("**done=closed**")
        assert "50 cents were missing" in page.inner_text("main")
        # The next day begins with what was counted.
        page.locator("form[action$='/opening'] button").click()
        page.wait_for_url("**done=opened**")
    with reading() as session:
        assert session.scalars(select(TillClose)).one().closed_by
    _code, again = the_till()
    assert again.expected["cash"] == day.expected["cash"] - 50


def test_a_line_of_an_order_is_refunded(site: RunningSite) -> None:
    with site.reader(STUDENT, java_script_enabled=False) as page:
        for product in ("sports-term", "gym-month"):
            page.goto(f"/buy/{product}?lang=en")
            page.get_by_role("button", name="Put it in the basket").click()
        page.get_by_role("button", name=re.compile("^Order and pay")).click()
        page.get_by_role("button", name="Pay").click()
        assert "Paid. Your pass" in page.inner_text("main")
    order = f"/orders/{newest_order(STUDENT).public_id}?lang=en"
    with site.reader(DESK, DESKTOP) as page:
        page.goto(order)
        amounts = page.locator("[name=amount]")
        assert amounts.count() == 2
        amounts.nth(0).fill("")
        amounts.nth(1).fill("10,00")
        page.locator("[name=ends][value='1']").uncheck()
        page.locator("[name=reason]").last.fill("moved abroad")
        page.locator("form[action$='/refund'] button").click()
        page.wait_for_url(re.compile(r"/orders/[0-9a-f-]+$"))
        page.goto(order)
        words = page.inner_text("main")
        assert "A part of it, 10,00" in words
        assert "refunded in full" not in words
        assert "Refund receipt" in words
        assert page.locator("[name=amount]:visible").count() == 2, "the rest can be given back too"


def test_a_pass_lasts_longer_by_days_of_the_desk(site: RunningSite) -> None:
    email = a_holder()
    with reading() as session:
        ends_on = session.scalars(select(Pass.ends_on).join(Member).where(Member.email == email))
        before = ends_on.one()
    with site.reader(DESK, DESKTOP) as page:
        in_english(page)
        page.goto(person_page(email))
        page.locator("summary", has_text="All about this person").click()
        page.locator("summary", has_text="Extend, pause or end it").click()
        form = page.locator("form[action$='/pass-extension']")
        form.get_by_label("Extend by days").fill("10")
        form.locator("[name=reason]").fill("The gym was closed")
        form.get_by_role("button", name="Add the days").click()
        page.wait_for_url("**done=extended**")
        await_words(page, "The pass lasts longer, and the person has been told.")
    last_day = format_date(before + timedelta(days=10), "en")
    with site.reader(email) as page:
        page.goto("/passes?lang=en")
        assert last_day in page.inner_text("main")
