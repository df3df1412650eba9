"""Every page, in every language, on a phone and on a desktop: axe finds nothing, and nothing runs over the edge."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from flask import Flask

from tests.pages.conftest import DESKTOP, PHONE, House
from zone.app import create_app
from zone.config import Settings
from zone.core.text import LANGUAGES
from zone.demo.tour import STOPS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
AXE = AXE_FILE_PATH.read_text("utf-8")
NARROW = {"width": 320, "height": 640}
"""WCAG 1.4.10: no page needs two directions of scrolling at 320 px."""
NO_PAGES = {
    "static", "health.healthz", "health.readyz", "metrics.metrics", "pass.part", "pass.icon", "pass.manifest",
    "pass.worker", "pass.printed_png", "buying.receipt_code", "buying.callback", "people.start", "desk_pages.show_live",
}  # fmt: skip
"""What a GET answers with something else than a page of its own: files, figures, redirects, a part of a page."""


def violations(page: Any) -> list[str]:
    """What axe has against a page: rule, place and advice."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']} at {node['target']}: {node['failureSummary']}" for one in found for node in one["nodes"]]


def runs_over(page: Any) -> list[str]:
    """The elements that stick out of a window of 320 px."""
    page.set_viewport_size(NARROW)
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scrolls'))
            .map(e => e.tagName + '.' + e.className).slice(0, 5)"""
        )
    )


def faults_of(page: Any, address: str, language: str) -> list[str]:
    """Everything that is wrong with one page in one language."""
    joined = "&" if "?" in address else "?"
    answer = page.goto(f"{address}{joined}lang={language}")
    if answer.status != 200:
        return [f"{address}: {answer.status}"]
    faults = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        faults += [f"{address} {language} {size['width']}: {one}" for one in violations(page)]
    return faults + [f"{address} {language} 320: {one} sticks out" for one in runs_over(page)]


@pytest.mark.parametrize("stop", STOPS, ids=[stop.endpoint for stop in STOPS])
def test_a_page_can_be_read_by_everybody_in_every_language(house: House, stop: Any) -> None:
    address = house.address(stop)
    with house.reader(stop.reader) as page:
        faults = [fault for language in LANGUAGES for fault in faults_of(page, address, language)]
    assert faults == []


def test_planted_a_field_without_a_label_is_found(house: House) -> None:
    with house.reader("") as page:
        page.goto("/sign-in")
        page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        assert any("label" in one for one in violations(page))


def test_planted_a_page_that_is_too_wide_is_found(house: House) -> None:
    with house.reader("") as page:
        page.goto("/sign-in")
        page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<p>' + 'x'.repeat(300) + '</p>')"
        )
        page.evaluate("document.querySelector('main p:last-child').setAttribute('style', 'white-space: nowrap')")
        assert runs_over(page) != []


@pytest.fixture
def every_page(tmp_path: Any) -> set[str]:
    app: Flask = create_app(Settings(data_dir=tmp_path, demo=True, payment_provider="development"))
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }


def test_no_page_is_left_out(every_page: set[str]) -> None:
    assert every_page - NO_PAGES == {stop.endpoint for stop in STOPS}
