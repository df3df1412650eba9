"""The campuses by distance: worked out in the page, and sent nowhere."""

from typing import Any

import pytest

from tests.pages.conftest import RunningSite

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NEAR_ARABIA = {"latitude": 60.205, "longitude": 24.975}


def names(page: Any) -> list[str]:
    found: list[str] = page.locator(".campuses h3").all_inner_texts()
    return found


def test_the_nearest_campus_comes_first_and_nobody_is_told_where_the_reader_is(
    site: RunningSite,
) -> None:
    allowed: dict[str, Any] = {"permissions": ["geolocation"], "geolocation": NEAR_ARABIA}
    with site.reader("", **allowed) as page:
        page.goto("/campuses?lang=en")
        by_name = names(page)
        assert by_name == sorted(by_name)
        sent = list[str]()
        page.on("request", lambda request: sent.append(request.url))
        page.get_by_role("button", name="Nearest first").click()
        page.wait_for_selector("text=The nearest campus is first.")
        assert names(page)[0] == "Arcada Arabia"
        assert sorted(names(page)) == by_name
        assert sent == []


def test_whoever_does_not_say_where_they_are_reads_why_nothing_is_sorted(
    site: RunningSite,
) -> None:
    with site.reader("") as page:
        page.goto("/campuses?lang=en")
        by_name = names(page)
        page.get_by_role("button", name="Nearest first").click()
        page.wait_for_selector("text=Your browser does not say where you are.")
        assert names(page) == by_name


def test_without_a_script_there_is_no_button_that_does_nothing(site: RunningSite) -> None:
    with site.reader("", java_script_enabled=False) as page:
        page.goto("/campuses?lang=en")
        assert names(page)
        assert not page.get_by_role("button", name="Nearest first").is_visible()


def test_no_other_page_may_ask_where_its_reader_is(site: RunningSite) -> None:
    with site.reader("") as page:
        policies = {
            path: page.goto(path).headers["permissions-policy"]
            for path in ("/", "/campuses", "/classes")
        }
    assert [path for path, policy in policies.items() if "geolocation=(self)" in policy] == [
        "/campuses"
    ]
