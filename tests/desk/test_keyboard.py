"""The desk with a keyboard alone, in the real browser: find, help, and never lose one's place."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import update

from tests.world.counter import Desk, a_person, build, count
from tests.world.served_app import serving
from tests.world.site import Journal, receive
from zone.access.bridges.models import Bridge
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.example import SELLER
from zone.desk.live_doors.models import HandledDenial
from zone.members.sign_in_sessions.service import open_session
from zone.passes.receipts.models import Receipt
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
MOST_TABS = 60
WAIT_MS = 30_000
PLACES = """[...document.querySelectorAll('#search-words, #waiting, #newest, #person, #open')]
    .map(one => [one.getBoundingClientRect().x, one.getBoundingClientRect().y])"""
"""Where the parts of the page are that no news may move."""


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


def open_with_focus(page: Any, address: str, focused: str) -> None:
    """Open a page and wait until the element with that id has the focus.

    The browser gives it some time after the page has loaded: a key that is pressed before goes
    nowhere, and takes the focus for good.
    """
    page.goto(address)
    await_focus(page, focused)


def await_focus(page: Any, id_: str) -> None:
    page.wait_for_function("(id) => document.activeElement.id === id", arg=id_, timeout=WAIT_MS)


def scan(page: Any, code: str) -> None:
    """Press the keys of a code as a scanner does, 5 ms apart however busy this machine is."""
    keys = page.context.new_cdp_session(page)
    start = utc_now().timestamp()
    for number, key in enumerate(code):
        at = start + 0.005 * number
        pressed = {"key": key, "text": key, "timestamp": at}
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown"} | pressed)
        keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": at})
    keys.detach()


def tab_to(page: Any, words: str) -> None:
    """Press Tab until the control that says these words has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"no way to {words!r} by keyboard")


def test_a_person_is_found_and_let_in_by_keyboard_alone(desk_and_page: tuple[Desk, Any]) -> None:
    desk, page = desk_and_page
    for name in ("matti", "mattila"):
        a_person(desk, name)
    open_with_focus(page, "/desk", "search-words")
    page.keyboard.type("matti")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people", timeout=WAIT_MS)
    tab_to(page, "matti")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "where the focus is can be seen"
    page.keyboard.press("Enter")
    page.wait_for_selector("#check_in", timeout=WAIT_MS)
    tab_to(page, "Let in without a phone")
    page.keyboard.press("Enter")
    tab_to(page, "Lobby")
    page.keyboard.press("L")  # one key: a pause between several begins anew
    tab_to(page, "Check in")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done", timeout=WAIT_MS)
    assert page.evaluate("document.activeElement.id") == "done"
    assert "Checked in." in page.inner_text("#done")
    assert count(Visit) == 1


def test_a_refusal_is_solved_by_keyboard_alone(desk_and_page: tuple[Desk, Any]) -> None:
    desk, page = desk_and_page
    aino, eino = (a_person(desk, name, with_pass=False) for name in ("aino", "eino"))
    journal = Journal(desk.site.studio_door)
    for number, one in enumerate((aino, eino)):
        journal.scan(one.holder, utc_now() - timedelta(minutes=2 - number), granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())
    page.set_viewport_size({"width": 1280, "height": 800})
    open_with_focus(page, "/desk", "search-words")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == f"who-{aino.public}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{aino.public}**", timeout=WAIT_MS)
    await_focus(page, "do-sell")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done", timeout=WAIT_MS)
    assert count(Receipt) == 1
    open_with_focus(page, f"/desk/people/{eino.public}", "do-sell")
    page.keyboard.press("h")
    page.wait_for_url("**/desk?done=handled", timeout=WAIT_MS)
    assert count(HandledDenial) == 1
    open_with_focus(page, "/desk", "search-words")
    page.keyboard.press("/")
    page.keyboard.type("a/")
    assert page.input_value("#search-words") == "a/"
    page.fill("#search-words", "")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#key-help")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.wait_for_selector("#key-help", state="hidden", timeout=WAIT_MS)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "search-words", "switched off"


def test_a_scanned_code_goes_to_the_search_and_presses_nothing(
    desk_and_page: tuple[Desk, Any],
) -> None:
    desk, page = desk_and_page
    person = a_person(desk, "matti", with_pass=False)
    open_with_focus(page, f"/desk/people/{person.public}", "do-sell")
    scan(page, f"ZP{person.public.hex}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{person.public}?found=1", timeout=WAIT_MS)
    assert "matti" in page.inner_text("#person")
    await_focus(page, "pn")
    page.evaluate("window.sent = 0; addEventListener('submit', () => { window.sent += 1; })")
    page.keyboard.press("Enter")  # of a scanner that ends with two
    assert page.evaluate("window.sent") == 0
    assert count(Receipt) == 0


def test_the_doors_stay_fresh_and_the_focus_and_the_page_where_they_were(
    desk_and_page: tuple[Desk, Any],
) -> None:
    desk, page = desk_and_page
    aino, eino = (a_person(desk, name, with_pass=False) for name in ("aino", "eino"))
    journal = Journal(desk.site.studio_door)
    journal.scan(aino.holder, utc_now() - timedelta(minutes=2), granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())
    page.set_viewport_size({"width": 1280, "height": 800})
    page.clock.install()
    page.goto("/desk")
    page.fill("#open-reason", "Half a sent")
    before = page.evaluate(PLACES)
    page.focus(f"#who-{aino.public}")
    journal.scan(eino.holder, utc_now(), granted=False)
    receive(desk.site.bridge, journal.upload(2), utc_now())
    page.wait_for_selector(f"#who-{eino.public}", timeout=WAIT_MS)
    assert page.evaluate("document.activeElement.id") == f"who-{aino.public}"
    assert "2 people wait" in page.inner_text("#live-news")
    assert page.input_value("#open-reason") == "Half a sent"
    assert "Live" in page.inner_text("#livedot")
    page.context.set_offline(True)
    page.clock.fast_forward(12_000)
    page.wait_for_selector("#livedot.lost", timeout=WAIT_MS)
    assert "Not live since" in page.inner_text("#livedot")
    assert page.evaluate(PLACES) == before, "something moved"


@pytest.mark.parametrize("place", ["a[href='/status']", ".ins"])
def test_whoever_is_beside_the_list_of_the_doors_stays_there(
    desk_and_page: tuple[Desk, Any], place: str
) -> None:
    _, page = desk_and_page
    with writing() as session:
        an_hour_ago = utc_now() - timedelta(hours=1)
        session.execute(update(Bridge).values(seen_at=an_hour_ago, enrolled_at=an_hour_ago))
    page.set_viewport_size({"width": 1280, "height": 800})
    open_with_focus(page, "/desk", "search-words")
    page.locator(f"#live {place}").first.evaluate(
        "(one) => { one.dataset.old = 'yes'; one.focus(); }"
    )
    page.wait_for_selector("#live [data-old]", state="detached", timeout=WAIT_MS)
    assert page.evaluate("(place) => document.activeElement.matches(place)", place)


QUICK_KEYS: Final = """async () => {
  const press = (key) => document.body.dispatchEvent(
    new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  document.activeElement.blur();
  press('?');
  document.getElementById('keys-on').click();
  document.getElementById('key-help').close();
  await new Promise((done) => setTimeout(done, 20));
  press('/');
  document.getElementById('keys-on').click();
  return document.activeElement.id;
}"""


def test_the_key_that_has_opened_the_help_is_not_the_beginning_of_a_code(
    desk_and_page: tuple[Desk, Any],
) -> None:
    _, page = desk_and_page
    open_with_focus(page, "/desk", "search-words")
    assert page.evaluate(QUICK_KEYS) != "search-words"
