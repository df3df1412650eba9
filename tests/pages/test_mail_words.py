"""A manager changes the words of a mail on a phone: looks at it, saves it, and goes back."""

from typing import Any

import pytest

from tests.pages.conftest import RunningSite
from tests.pages.test_appeal import in_english
from tests.pages.test_queue import await_words
from zone.demo.tour import MANAGER

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = "/manage/mails/booking/queue_expired"
OWN = "{event}\n\nNo place came free this time.\nTry again on {when}!\n\n{button}"


def fill(page: Any, body: str) -> None:
    page.locator("#f-en-body").fill(body)


def test_a_manager_changes_a_mail_and_goes_back(site: RunningSite) -> None:
    with site.reader(MANAGER) as page:
        in_english(page)
        page.goto("/manage/mails")
        page.get_by_role("link", name="No place came free for those who waited").click()
        await_words(page, "What the text may name")
        standard = page.locator("#f-en-body").input_value()
        assert "{event}" in standard
        fill(page, OWN.replace("{when}", "{day}"))
        page.get_by_role("button", name="Save the text").click()
        await_words(page, "This mail has no {day}")
        assert page.locator("#f-en-body").get_attribute("aria-invalid") == "true"
        fill(page, OWN)
        page.get_by_role("button", name="Show the mail").click()
        await_words(page, "As it would be sent")
        shown = page.locator("article", has_text="English").locator(".mail-text").inner_text()
        assert "No place came free this time.\nTry again on Tue" in shown
        assert page.locator("#f-en-body").input_value() == OWN
        page.get_by_role("button", name="Save the text").click()
        await_words(page, "Saved. Mails from now on use this text.")
        page.get_by_role("button", name="Back to the standard text").click()
        await_words(page, "Saved. Mails from now on use this text.")
        assert page.locator("#f-en-body").input_value() == standard
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width == 0, "nothing scrolls sideways on a phone"
