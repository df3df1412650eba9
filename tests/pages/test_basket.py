"""A basket with a discount code in a browser: filled, paid, and its receipt."""

import pytest

from tests.pages.conftest import RunningSite
from zone.demo.tour import STUDENT

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_basket_with_a_code_is_paid_and_has_its_receipt(site: RunningSite) -> None:
    with site.reader(STUDENT, java_script_enabled=False) as page:
        for product in ("sports-term", "gym-month"):
            page.goto(f"/buy/{product}?lang=en")
            page.get_by_role("button", name="Put it in the basket").click()
        page.locator("[name=voucher]").fill("welcome 10")
        page.get_by_role("button", name="Use the code").click()
        page.get_by_role("button", name="Order and pay 54,00").click()
        page.get_by_role("button", name="Pay").click()
        words = page.inner_text("main")
        assert "Paid. Your pass" in words
        assert "Discount code WELCOME-10" in words
        page.get_by_role("link", name="Receipt").first.click()
        assert "54,00" in page.inner_text("main")
