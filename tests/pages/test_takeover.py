"""A manager takes passes of another system over at a desk: the preview, the faults, the import."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.pages.conftest import DESKTOP, RunningSite
from tests.pages.test_appeal import in_english
from tests.pages.test_queue import await_words
from zone.core.db.transactions import reading
from zone.demo.tour import MANAGER
from zone.passes.takeover.models import TakenOverPass

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def taken_over() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(TakenOverPass)) or 0


def press(page: Any, name: str) -> None:
    """Press a button, and wait for the whole page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def test_a_manager_tries_the_example_and_takes_the_good_rows(
    site: RunningSite, tmp_path: Path
) -> None:
    """The same file again changes nothing."""
    file = tmp_path / "example.csv"
    with site.reader(MANAGER, DESKTOP) as page:
        in_english(page)
        page.goto("/manage/takeover")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download an example").click()
        download.value.save_as(file)
        page.locator("#content").set_input_files(file)
        press(page, "Show what it would do")
        await_words(page, "Nothing is stored yet.")
        faults = page.locator("table.rows tbody tr")
        lines = [faults.nth(row).locator("td").first.inner_text() for row in range(faults.count())]
        good = len(file.read_text(encoding="utf-8-sig").splitlines()) - 1 - len(lines)
        assert len(lines) == 4
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
        before = taken_over()
        page.get_by_label("Take over the good rows although others are wrong").check()
        press(page, "Take over these passes")
        await_words(page, f"{good} passes were taken over.")
        assert taken_over() == before + good
        page.goto("/manage/takeover")
        page.locator("#content").set_input_files(file)
        press(page, "Show what it would do")
        await_words(page, f"{good} passes were taken over before")
        assert page.get_by_role("button", name="Take over these passes").count() == 0
        assert taken_over() == before + good
