"""The export of the books in a browser: it says how far it is, and is saved whole."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.world.counter import build
from tests.world.served_app import serving
from zone.bench.trade import invent_trade
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.example import SELLER
from zone.members.roles import service as roles
from zone.members.sign_in_sessions.service import open_session
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engines("sqlite")]
RECEIPTS: Final = 1500
YEAR: Final = 2026
FORM: Final = "form[data-export][action$='journal.csv']"
WATCH: Final = """(form) => {
  window.said = [];
  const status = document.querySelector(`${form} [role=status]`);
  new MutationObserver(() => window.said.push(status.textContent))
    .observe(status, {childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture
def page(tmp_path: Path, sqlite_template: Path, browser: Any) -> Iterator[Any]:
    """The books of a year of invented trade, before a manager."""
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    settings = Settings(data_dir=tmp_path, payment_provider="development", **SELLER, pool_size=8)
    with serving(settings) as app:
        manager, site = build(app).staff_id, settings_of(app)
        with writing() as session:
            roles.grant_role(session, manager, "manager", utc_now())
            token = open_session(session, manager, now=utc_now())
            invent_trade(session, 7, RECEIPTS, YEAR, member_id=manager, by=manager)
        context = browser.new_context(base_url=site.base_url, accept_downloads=True)
        context.add_cookies([{"name": name_of(site), "value": token, "url": site.base_url}])
        try:
            yield context.new_page()
        finally:
            context.close()


def open_books(page: Any) -> None:
    page.goto("/manage/books")
    page.locator(f"{FORM} [name=first]").fill(f"{YEAR}-01-01")
    page.locator(f"{FORM} [name=last]").fill(f"{YEAR}-12-31")
    page.evaluate(WATCH, FORM)


def said(page: Any) -> list[int]:
    """Return the days of which the page said that they were there."""
    found = [re.findall(r"\d+", text) for text in page.evaluate("window.said")]
    assert all(int(all_days) == 365 for _done, all_days in found)
    return [int(done) for done, _all in found]


def test_the_page_says_how_far_the_export_is(page: Any, tmp_path: Path) -> None:
    open_books(page)
    with page.expect_download() as download:
        page.locator(f"{FORM} button").click()
    days = said(page)
    assert days == sorted(days)
    assert len(set(days)) >= 4, "it is said while the file comes"
    assert days[-1] == 365
    file = tmp_path / "journal.csv"
    download.value.save_as(file)
    assert download.value.suggested_filename == f"zone-journal-{YEAR}-01-01-{YEAR}-12-31.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    address = f"/manage/books/journal.csv?first={YEAR}-01-01&last={YEAR}-12-31"
    whole = page.evaluate("(path) => fetch(path).then((answer) => answer.text())", address)
    assert lines == whole.splitlines()
    assert len(lines) > RECEIPTS


def test_a_download_that_breaks_off_says_so(page: Any) -> None:
    open_books(page)
    page.route("**/journal.csv*", lambda route: route.abort())
    page.locator(f"{FORM} button").click()
    page.wait_for_function("() => window.said.length === 1")
    assert not re.search(r"\d", page.evaluate("window.said[0]"))
