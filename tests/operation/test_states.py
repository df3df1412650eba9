"""The demo lists every state of every screen, and shows each in each language."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zone.app import FEATURES, create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.i18n import LANGUAGES

pytestmark = [pytest.mark.engines("sqlite")]


@pytest.fixture
def demo(app: Flask, settings: Settings) -> Iterator[FlaskClient]:
    shown = create_app(replace(settings, demo=True))
    with shown.app_context():
        yield shown.test_client()
        db.engine.dispose()


def wordless_links(html: str) -> list[str]:
    """Return the links and buttons that have no words, as one to a person whose name is missing."""
    found = re.findall(r"<(a|button)\b([^>]*)>(.*?)</\1>", html, re.DOTALL)
    return [
        attributes
        for _, attributes, content in found
        if not {"aria-label", "hidden"} & set(re.findall(r"[\w-]+", attributes))
        and not re.sub(r"<[^>]*>", "", content).strip()
    ]


def test_every_state_is_listed_and_shown_in_each_language(demo: FlaskClient) -> None:
    listed = demo.get("/states").text
    for number, state in enumerate(one for feature in FEATURES for one in feature.states):
        assert f'href="{state.path}"' in listed
        answer = demo.get(f"{state.path}?lang={LANGUAGES[number % 3]}")
        assert answer.status_code == 200, state.path
        assert answer.text.rstrip().endswith("</html>"), state.path
        assert wordless_links(answer.text) == [], state.path


@pytest.mark.planted_fault("a link of an icon alone")
def test_a_link_without_words_is_found() -> None:
    assert wordless_links('<a class="who" href="/me"><span class="avatar"></span></a>') != []


def test_no_two_states_have_one_address() -> None:
    paths = [state.path for feature in FEATURES for state in feature.states]
    assert len(paths) == len(set(paths))


def test_only_the_demo_shows_states(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/states").status_code == 404
    assert client.get("/states/error/not-found").status_code == 404
