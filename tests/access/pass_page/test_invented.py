"""The states of the pass page that the demo shows have every part of the page in them."""

import re

import pytest
from flask import Flask

from zone.access.pass_page.pages import PARTS
from zone.access.pass_page.states import STATES

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def shown(app: Flask) -> dict[str, str]:
    """The pages of all states, by name."""
    pages = {}
    for state in STATES:
        with app.test_request_context(f"{state.path}?lang=en"):
            pages[state.name] = state.page()
    return pages


def parts(html: str, *, hidden: bool) -> set[str]:
    """Return the names in `data-show` and `data-flag` of the elements that are hidden, or not."""
    found = re.findall(r'<[^<>]* data-(?:show|flag)="([^"]*)"([^<>]*)>', html)
    return {
        name
        for names, rest in found
        if rest.endswith(" hidden") == hidden
        for name in names.split()
    }


def test_each_part_of_the_page_is_seen_in_some_state(shown: dict[str, str]) -> None:
    seen = set[str]().union(*(parts(html, hidden=False) for html in shown.values()))
    named = set[str]().union(*(parts(html, hidden=True) for html in shown.values()))
    assert named - seen == set()


def test_each_state_of_the_script_is_among_them(shown: dict[str, str]) -> None:
    script = (PARTS / "pass.mjs" / "state.js").read_text()
    names = set(re.findall(r'"(\w+)"', script))
    seen = set[str]().union(*(parts(html, hidden=False) for html in shown.values()))
    assert len(names) == 12
    assert names - seen == set()


def test_what_the_script_fills_in_is_filled_in(shown: dict[str, str]) -> None:
    page = shown["valid"]
    for text in ("Milo Olematon", "MO", "14.20.05", "Until 25 Jul 2027", "All campuses", "Today"):
        assert text in page
    assert "Starts 11 Jan 2027" in shown["not-begun"]
    assert "Ended 29 Nov 2026" in shown["ended"]
    assert "Visits left: 7/10" in shown["valid-of-ten-visits"]
    assert "<script" not in page
