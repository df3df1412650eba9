"""Every sentence of every page has a Finnish and a Swedish translation, as its catalogue says.

After a change of sentences: `python -m tests.world.words`.
"""

import re
from collections.abc import Set
from functools import cache
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.world import words
from tests.world.words import TRANSLATED, Message
from zone.core.i18n import translations, with_units

pytestmark = pytest.mark.engines("sqlite")

PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w*)\}")
"""A value that is filled in: `%(name)s` on pages, `{name}` in refusals."""
FEATURES = words.features_with_catalogues()
"""Each process of a run collects this file: reading every module for it would take 3 s."""


@pytest.fixture
def engine_name() -> str:
    """Translations do not depend on the engine."""
    return "sqlite"


@cache
def translated(feature: str, language: str) -> dict[Message, tuple[str, ...]]:
    """Return the translations in the source, without fuzzy and empty ones."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): _forms(message.string)
        for message in words.catalogue(feature, language)
        if message.id and not message.fuzzy and all(_forms(message.string))
    }


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def check_complete(sentences: Set[Message], feature: str, language: str) -> None:
    assert sentences - set(translated(feature, language)) == set(), f"not in {language}"


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(feature: str, language: str) -> None:
    check_complete(words.written(words.ROOT / feature), feature, language)
    assert words.unused(feature, language) == []


def test_each_feature_that_says_something_has_catalogues() -> None:
    assert words.features() == FEATURES


def test_no_sentence_is_written_outside_the_features() -> None:
    # Each folder of `zone` is a feature with catalogues; its own modules have none.
    own = [words.written_in(module) for module in words.ROOT.glob("*.py")]
    assert set[str]().union(*own) == set()


IN_F_STRING = re.compile(r"""\{(_|n?gettext|lazy_gettext)\(['"]""")
"""A sentence inside an f-string: the extraction does not find it."""
UNMARKED_ERROR = re.compile(r"""\berror=f?['"]""")
"""A validator's message that is not marked for translation."""


def modules_with(pattern: re.Pattern[str], folder: Path) -> dict[str, list[str]]:
    """Return the lines in which a pattern is found, by the path of their module."""
    found = {
        # The whole path: most features have a `pages.py`.
        str(path.relative_to(folder)): [line for line in lines if pattern.search(line)]
        for path in folder.rglob("*.py")
        for lines in [path.read_text("utf-8").splitlines()]
    }
    return {name: lines for name, lines in found.items() if lines}


def test_no_sentence_is_inside_an_f_string() -> None:
    assert modules_with(IN_F_STRING, words.ROOT) == {}


def test_every_message_of_a_validator_is_marked_for_translation() -> None:
    assert modules_with(UNMARKED_ERROR, words.ROOT) == {}


@pytest.mark.planted_fault("a sentence that is not extracted, in one of two modules of a name")
@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (IN_F_STRING, """text = f"{pace} {_('Nothing is forecast.')}" """),
        (UNMARKED_ERROR, 'Regexp("a", error="Say why.")'),
    ],
)
@pytest.mark.parametrize("feature", ["a", "b"])
def test_a_sentence_that_is_not_extracted_is_found_in_every_module(
    pattern: re.Pattern[str], line: str, feature: str, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pages.py").write_text(line if name == feature else "")
    assert modules_with(pattern, tmp_path) == {f"{feature}/pages.py": [line]}


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.planted_fault("a sentence without its translation")
def test_a_new_sentence_without_a_translation_is_found(language: str, tmp_path: Path) -> None:
    page = tmp_path / "templates" / "new.html"
    page.parent.mkdir()
    page.write_text('{{ _("Nobody has translated this yet") }}')
    with pytest.raises(AssertionError):
        check_complete(words.written(tmp_path), "web", language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_features_translate_the_same_sentence_alike(language: str) -> None:
    wordings: dict[Message, set[tuple[str, ...]]] = {}
    for feature in FEATURES:
        for message, forms in translated(feature, language).items():
            wordings.setdefault(message, set()).add(forms)
    assert {message: forms for message, forms in wordings.items() if len(forms) > 1} == {}


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_in_the_same_values(feature: str, language: str) -> None:
    for message, forms in translated(feature, language).items():
        wanted = {_placeholders(text) for text in _forms(message)}
        assert {_placeholders(form) for form in forms} <= wanted, message


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(found.group(0) for found in PLACEHOLDER.finditer(text))


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("language", TRANSLATED)
def test_the_product_says_what_the_catalogue_says(feature: str, language: str) -> None:
    compiled = translations(language)
    for message in words.catalogue(feature, language):
        if isinstance(message.id, str) and message.id:
            assert compiled.ugettext(message.id) == with_units(str(message.string)), message.id


@pytest.mark.parametrize(
    ("language", "heading"),
    [("fi", "Emme löydä tätä sivua"), ("sv", "Vi hittar inte den här sidan")],
)
def test_a_page_is_in_the_readers_language(
    client: FlaskClient, language: str, heading: str
) -> None:
    assert (
        f'<h1 id="problem">{heading}</h1>'
        in client.get(f"/none?lang={language}", headers={"Accept": "text/html"}).text
    )


def test_a_number_of_classes_does_not_read_as_hours() -> None:
    """Finnish "12 tuntia" alone is twelve hours; with a verb or a place it is a class."""
    alone = re.compile(r"%\(num\)s tuntia?( lisää tänään)?$")
    found = [
        (feature, message)
        for feature in FEATURES
        for message, forms in translated(feature, "fi").items()
        if any(alone.search(form) for form in forms)
    ]
    assert found == []
