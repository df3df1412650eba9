"""A person gives their bookings to the calendar of their phone, in a browser."""

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.pages.conftest import RunningSite
from tests.world.calendars import events_of
from zone.demo.tour import STUDENT

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_an_address_is_made_copied_fetched_and_ended(site: RunningSite) -> None:
    with site.reader(STUDENT, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/bookings?lang=en")
        page.get_by_role("link", name="In your own calendar").click()
        page.get_by_role("button", name="Make a new address").click()
        address = page.get_by_label("Address", exact=True).input_value()
        page.get_by_role("button", name="Copy the address", exact=True).click()
        page.wait_for_selector("text=The address is copied.")
        assert page.evaluate("navigator.clipboard.readText()") == address
        link = page.get_by_role("link", name="Add to the calendar of this device")
        assert link.get_attribute("href") == address.replace("http://", "webcal://")
        with urlopen(address) as answer:  # noqa: S310 -- of the site that the test runs
            events = events_of(answer.read())
        assert "CONFIRMED" in {event.status for event in events.values()}
        page.goto("/calendar?lang=en")
        assert page.get_by_text("A calendar last fetched it").is_visible()
        page.get_by_role("button", name="End the address").click()
        page.wait_for_selector("text=The address is ended.")
    with pytest.raises(HTTPError, match="404"):
        urlopen(address)  # noqa: S310 -- as above


def test_without_a_script_there_is_no_button_that_does_nothing(site: RunningSite) -> None:
    with site.reader("", java_script_enabled=False) as page:
        page.goto("/calendar?lang=en")
        assert page.locator("a[href^=webcal]").first.is_visible()
        assert not page.get_by_role("button", name="Copy the address").first.is_visible()
