"""The desk with a keyboard alone, in the real browser: find, help, and never lose one's place."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world.counter import Desk, a_person, build, count
from tests.world.served_app import serving
from tests.world.site import Journal, receive
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.example import SELLER
from zone.members.sign_in_sessions.service import open_session
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
MOST_TABS = 60
WAIT_MS = 30_000


@pytest.fixture
def desk_and_page(
    tmp_path: Path, sqlite_template: Path, browser: Any
) -> Iterator[tuple[Desk, Any]]:
    """A served desk, and a page on which somebody of its staff is signed in."""
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with serving(
        Settings(data_dir=tmp_path, payment_provider="development", **SELLER, pool_size=8)
    ) as app:
        desk, site = build(app), settings_of(app)
        with writing() as session:
            token = open_session(session, desk.staff_id, now=utc_now())
        context = browser.new_context(
            base_url=site.base_url, viewport={"width": 390, "height": 844}
        )
        context.add_cookies([{"name": name_of(site), "value": token, "url": site.base_url}])
        try:
            yield desk, context.new_page()
        finally:
            context.close()


def tab_to(page: Any, words: str) -> None:
    """Press Tab until the control that says these words has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"no way to {words!r} by keyboard")


def test_a_person_is_found_and_let_in_by_keyboard_alone(desk_and_page: tuple[Desk, Any]) -> None:
    desk, page = desk_and_page
    a_person(desk, "matti")
    page.goto("/desk")
    page.keyboard.type("matti")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people", timeout=WAIT_MS)
    tab_to(page, "matti")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "where the focus is can be seen"
    page.keyboard.press("Enter")
    page.wait_for_selector("h2#check_in", timeout=WAIT_MS)
    tab_to(page, "Lobby")
    page.keyboard.type("Lob")
    tab_to(page, "Check in")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done", timeout=WAIT_MS)
    assert page.evaluate("document.activeElement.id") == "done"
    assert "Checked in." in page.inner_text("#done")
    assert count(Visit) == 1


def test_the_doors_stay_fresh_and_the_focus_where_it_was(desk_and_page: tuple[Desk, Any]) -> None:
    desk, page = desk_and_page
    person = a_person(desk, "matti")
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, utc_now() - timedelta(minutes=2), granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())
    page.goto("/desk")
    first = f"#h-{journal.rows[0].uuid}"
    page.focus(first)
    journal.scan(person.holder, utc_now(), granted=False)
    receive(desk.site.bridge, journal.upload(2), utc_now())
    page.wait_for_selector(f"#h-{journal.rows[1].uuid}", timeout=WAIT_MS)
    assert page.evaluate("'#' + document.activeElement.id") == first
    assert "2 refusals wait" in page.inner_text("#live-news")


def test_without_a_script_the_page_reloads_itself_and_works(
    desk_and_page: tuple[Desk, Any],
) -> None:
    _, page = desk_and_page
    page.goto("/desk")
    assert page.evaluate(
        "document.querySelector('noscript').textContent.includes('content=\"30\"')"
    )
