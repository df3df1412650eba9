"""The demo lists every state of every screen, and shows each in each language."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle, product
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zone.app import FEATURES, create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.i18n import LANGUAGES, translations, with_units
from zone.web.states import State

STATES: Final = [state for feature in FEATURES for state in feature.leaves.states]
pytestmark = [pytest.mark.engines("sqlite")]


@pytest.fixture
def demo(app: Flask, settings: Settings) -> Iterator[FlaskClient]:
    shown = create_app(replace(settings, demo=True))
    with shown.app_context():
        yield shown.test_client()
        db.engine.dispose()


def untranslated(page: str, language: str) -> list[str]:
    """Return the English sentences of the catalogues in a page of another language."""
    catalogue = translations(language)
    texts = {html.unescape(text).strip() for text in re.findall(r">([^<>]+)<", page)}
    return [text for text in texts if " " in text and catalogue.ugettext(text) != with_units(text)]


def wordless_links(page: str) -> list[str]:
    """Return the links and buttons that have no words, as one to a person whose name is missing."""
    found = re.findall(r"<(a|button)\b([^>]*)>(.*?)</\1>", page, re.DOTALL)
    return [
        attributes
        for _, attributes, content in found
        if not {"aria-label", "hidden"} & set(re.findall(r"[\w-]+", attributes))
        and not re.sub(r"<[^>]*>", "", content).strip()
    ]


def test_every_state_is_listed(demo: FlaskClient) -> None:
    listed = demo.get("/states").text
    assert [one.path for one in STATES if f'href="{one.path}"' not in listed] == []


def test_every_state_is_shown(demo: FlaskClient) -> None:
    check_shown(demo, zip(STATES, cycle(LANGUAGES), strict=False))


@pytest.mark.thorough
def test_every_state_is_shown_in_each_language(demo: FlaskClient) -> None:
    check_shown(demo, product(STATES, LANGUAGES))


def check_shown(demo: FlaskClient, chosen: Iterable[tuple[State, str]]) -> None:
    """Check that these states are whole pages in these languages."""
    for state, language in chosen:
        answer = demo.get(f"{state.path}?lang={language}")
        assert answer.status_code == 200, state.path
        assert answer.text.rstrip().endswith("</html>"), state.path
        assert wordless_links(answer.text) == [], state.path
        assert untranslated(answer.text, language) == [], state.path


@pytest.mark.planted_fault("a link of an icon alone")
def test_a_link_without_words_is_found() -> None:
    assert wordless_links('<a class="who" href="/me"><span class="avatar"></span></a>') != []


@pytest.mark.planted_fault("a sentence of a refusal in English")
def test_a_sentence_that_nobody_translated_is_found() -> None:
    assert untranslated("<p> This has already ended. Choose a later time.\n</p>", "fi") != []


def test_no_two_states_have_one_address() -> None:
    paths = [state.path for state in STATES]
    assert len(paths) == len(set(paths))


def test_only_the_demo_shows_states(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/states").status_code == 404
    assert client.get("/states/error/not-found").status_code == 404
