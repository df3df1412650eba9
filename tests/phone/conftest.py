"""The real page in a real browser, served by the real application: nothing between them is replaced."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.phone.site import Site, serve
from zone.config import Settings
from zone.demo.browsers import CHROMIUM, FLAGS, lacking


@pytest.fixture
def engine_name() -> str:
    """What the page shows does not depend on the engine; the rooms below are tested on both."""
    return "sqlite"


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A served application with one student who holds a pass."""
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with serve(Settings(data_dir=tmp_path, payment_provider="development", pool_size=8)) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    if missing := lacking():
        (pytest.fail if os.environ.get("ZONE_REQUIRE_BROWSER") == "1" else pytest.skip)(f"without {missing}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
