"""Every sentence of every page exists in Finnish and Swedish, and the compiled words are those of the sources.

After a change of words:
    pybabel extract -F zone/translations/babel.cfg -k lazy_gettext --no-location --sort-output -o messages.pot zone
    pybabel update -i messages.pot -d zone/translations --no-fuzzy-matching -w 120
    pybabel compile -d zone/translations
"""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

import zone

ROOT = Path(zone.__file__).parent
WORDS = ROOT / "translations"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\((\w+)\)s|\{(\w*)\}")
TRANSLATED = ("fi", "sv")

Message = str | tuple[str, ...]


def written(folder: Path = ROOT) -> set[Message]:
    """Every sentence that a page or a module passes through gettext."""
    found = extract_from_dir(folder, METHODS, keywords=KEYWORDS)
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    with (WORDS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def translated(language: str) -> dict[Message, tuple[str, ...]]:
    """What the sources say, fuzzy and empty ones left out."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): _forms(message.string)
        for message in catalogue(language)
        if message.id and not message.fuzzy and all(_forms(message.string))
    }


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def check_complete(sentences: set[Message], language: str) -> None:
    assert sentences - set(translated(language)) == set(), f"not in {language}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    sentences = written()
    check_complete(sentences, language)
    assert set(translated(language)) - sentences == set(), "no page says this any more"


@pytest.mark.parametrize("language", TRANSLATED)
def test_planted_a_new_sentence_without_words_is_found(language: str, tmp_path: Path) -> None:
    page = tmp_path / "templates" / "new.html"
    page.parent.mkdir()
    page.write_text('{{ _("Nobody has translated this yet") }}')
    with pytest.raises(AssertionError):
        check_complete(written(tmp_path), language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_in_the_same_values(language: str) -> None:
    for message, forms in translated(language).items():
        wanted = {_places(text) for text in _forms(message)}
        assert {_places(form) for form in forms} <= wanted, message


def _places(text: str) -> frozenset[str]:
    return frozenset(found.group(0) for found in PLACE.finditer(text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_words_are_those_of_the_source(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    with (WORDS / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        assert _pairs(read_mo(file)) == _pairs(read_mo(compiled))


def _pairs(words: Catalog) -> dict[object, object]:
    return {_forms(message.id): _forms(message.string) for message in words if message.id}


@pytest.mark.parametrize(("language", "heading"), [("fi", "Sivua ei löytynyt"), ("sv", "Sidan hittades inte")])
def test_a_page_speaks_the_readers_language(client: FlaskClient, language: str, heading: str) -> None:
    assert (
        f'<h1 id="problem">{heading}</h1>' in client.get(f"/none?lang={language}", headers={"Accept": "text/html"}).text
    )
