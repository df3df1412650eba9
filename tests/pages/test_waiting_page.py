"""In a crowd a browser shows the page that tells people to wait, and goes on by itself."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.pages.test_accessible import violations
from tests.world.served_app import PHONE, Site, serve
from zone.core.config import Settings
from zone.web import queue_wait

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
HEADING = "We cannot answer right now"


class Crowd:
    """Whether requests wait for a thread for too long."""

    here = False


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """What the worker would have noted of each request; people come back without being spread."""
    crowd = Crowd()
    late = queue_wait.LONGEST_WAIT + 0.5
    monkeypatch.setattr(queue_wait, "waited", lambda: late if crowd.here else 0.0)
    monkeypatch.setattr(queue_wait, "SPREAD", 1)
    monkeypatch.setattr(queue_wait, "_sent_away", deque())
    return crowd


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Site]:
    with serve(settings) as served:
        yield served


@pytest.fixture
def page(site: Site, browser: Any) -> Iterator[Any]:
    context = browser.new_context(
        base_url=site.url, viewport=PHONE, locale="en-FI", bypass_csp=True
    )
    yield context.new_page()
    context.close()


def test_the_page_comes_by_itself_when_the_crowd_is_gone(page: Any, crowd: Crowd) -> None:
    crowd.here = True
    answer = page.goto("/classes")
    assert (answer.status, page.locator("h1").inner_text()) == (503, HEADING)
    assert violations(page) == []
    crowd.here = False
    page.get_by_role("heading", name=HEADING).wait_for(state="detached", timeout=20_000)
    assert page.url.endswith("/classes")


def test_what_was_typed_is_sent_with_one_tap(page: Any, crowd: Crowd) -> None:
    page.goto("/sign-in")
    page.locator("input[name=email]").fill("milo@example.org")
    crowd.here = True
    page.locator("main form button[type=submit], main form button").first.click()
    page.get_by_role("heading", name=HEADING).wait_for()
    assert violations(page) == []
    crowd.here = False
    page.get_by_role("button", name="Send it again").click()
    page.locator("input[name=code]").wait_for()
    assert "milo@example.org" in page.content()
