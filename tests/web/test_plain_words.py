"""What people read: no text outside the catalogues, one term for a thing, Finnish numbers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import zone
from firmware_bridge.wire.words import WORDS
from zone.core.formats import NO_BREAK, THIN
from zone.core.i18n import LANGUAGES, translate, translations, with_units
from zone.core.mail.templates import find_templates

pytestmark = pytest.mark.engines("sqlite")

ROOT: Final = Path(zone.__file__).parent
TAGS: Final = re.compile(r"<(script|style|svg).*?</\1>|<[^>]*>|{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
READ_ALOUD: Final = re.compile(r'(?:aria-label|title|placeholder|alt)="([^"{]+)"')
# A sentence, a label and a heading begin with a capital letter; classes and attributes do not.
WORD: Final = re.compile(r"\b[A-ZÅÄÖ][a-zåäö]{2,}")

# Other words for a thing that has one: see docs/glossary.md for those to use.
AVOIDED: Final = {
    "fi": r"asiakaspalvelu|passisivu|todiste|todistettu|mene jonoon|\bvuoro(?:t|a|n|lla|lle)?\b",
    "sv": r"kundtjänst|servicepunkt|passidan|\bstyrk(?:t|er)?\b|inskriven|instruktör|ditt pass\b"
    r"|outnyttjad|mejl|studentkort|\blåda",
    "en": r"\binvalid\b|not valid\.|service desk|no-show|waitlist|access point|verify|\bheader\b",
}


def texts(language: str) -> Iterator[str]:
    """Yield every text in a language: of pages, refusals, mails and the doors."""
    said = translations("fi" if language == "en" else language)._catalog
    for english, text in said.items():
        yield text if language != "en" else english if isinstance(english, str) else english[0]
    yield from (sentence.text(language) for sentence in WORDS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thing_has_one_word(language: str) -> None:
    avoided = re.compile(AVOIDED[language], re.IGNORECASE)
    assert [text for text in texts(language) if avoided.search(text)] == []


def untranslated(source: str) -> list[str]:
    """Return the words of a template that pass no gettext."""
    spoken = READ_ALOUD.findall(source)
    return WORD.findall(" ".join([TAGS.sub(" ", source), *spoken]))


def test_no_page_and_no_mail_says_anything_outside_the_catalogues() -> None:
    pages = sorted(ROOT.rglob("templates/**/*.html"))
    found = {
        str(path.relative_to(ROOT)): left
        for path in (*pages, *find_templates().values())
        if (left := untranslated(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.planted_fault("a text without gettext")
@pytest.mark.parametrize("source", ["<p>Hello there</p>", '<nav aria-label="Main menu">'])
def test_a_text_in_a_template_is_found(source: str) -> None:
    assert untranslated(source) != []


FINNISH: Final = re.compile(r"%-?[dHM]\.%|\.day}\.|\.hour}\.")
SUSPECT: Final = re.compile(rf"babel|strftime|{FINNISH.pattern}")


def formats_by_itself(source: str) -> list[str]:
    """Return what a module formats dates or numbers with, past `zone/core/formats.py`."""
    found: list[str] = []
    # Parsing them all takes seconds.
    tree = ast.parse(source if SUSPECT.search(source) else "")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("babel.dates", "babel.numbers"):
            found.append(node.module)
        if isinstance(node, ast.ImportFrom) and node.module == "flask_babel":
            found += [name.name for name in node.names if name.name.startswith("format_")]
        if isinstance(node, ast.Attribute) and node.attr == "strftime":
            found.append("strftime")
        # `%H.%M` and `{at.day}.{at.month}`; `%H:%M` is for machines.
        if isinstance(node, ast.JoinedStr) and FINNISH.search(ast.unparse(node)):
            found.append(ast.unparse(node))
    return found


def test_dates_and_numbers_are_formatted_in_one_place() -> None:
    # A calendar file, the names of files, and the commands of operators are for machines.
    machines = re.compile(r"core/formats|core/mail/calendar|^(cli|bench|demo|operation/backups)/")
    found = {
        path.name: used
        for path in ROOT.rglob("*.py")
        if not machines.search(path.relative_to(ROOT).as_posix())
        and (used := formats_by_itself(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.planted_fault("a module formats by itself")
@pytest.mark.parametrize(
    "source",
    [
        "from flask_babel import format_date",
        "day.strftime('%d')",
        "from babel.dates import x",
        "f'{at:%H.%M}'",
    ],
)
def test_a_module_that_formats_by_itself_is_found(source: str) -> None:
    assert formats_by_itself(source) != []


VALUES: Final = re.compile(r'="[^"]*"')
AS_STORED: Final = re.compile(r"isoformat\(\)|\| *round\b|\| *format\(")


def test_no_page_shows_a_time_or_a_number_as_it_is_stored() -> None:
    # The whole path: a page of the desk and one of managers may have the same name.
    pages = {path: path.read_text("utf-8") for path in ROOT.rglob("templates/**/*.html")}
    shown = {name: AS_STORED.findall(VALUES.sub("", source)) for name, source in pages.items()}
    assert {name: found for name, found in shown.items() if found} == {}


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Wait {minutes} min.", f"Wait {{minutes}}{NO_BREAK}min."),
        ("VAT %(rate)s %%, 24 h", f"VAT %(rate)s{NO_BREAK}%%, 24{NO_BREAK}h"),
        ("from 1 to 10 000 places", f"from 1 to 10{THIN}000 places"),
        ("2 minutes, in 10 shops, 1 hour", "2 minutes, in 10 shops, 1 hour"),
    ],
)
def test_a_number_stays_with_its_unit(sentence: str, shown: str) -> None:
    assert with_units(sentence) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_keeps_numbers_and_units_together(language: str) -> None:
    split = re.compile(r"(?:\d|}|\)s) (?:€|%|h\b|min\b)|\d \d{3}\b")
    assert [text for text in texts(language) if split.search(with_units(text))] == []
    assert NO_BREAK in translate("Too many tries. Wait {minutes} min and try again.", language)


ROLE_CHANGES: Final = ("given", "taken")


def test_every_mail_is_posted_and_every_posted_mail_exists() -> None:
    source = "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py"))
    named = set(re.findall(r'"([a-z]+/[a-z_]+)"', source)) & {
        f"{feature}/{name}" for feature, name in (key.split("/") for key in find_templates())
    }
    # `zone/members/roles/service.py` composes the names of its four.
    roles = {
        f"members/{about}_{change}"
        for about in ("role", "role_of_other")
        for change in ("given", "taken")
    }
    assert set(find_templates()) == named | roles
    posted = set(re.findall(r'template="([a-z]+/[a-z_]+)"', source))
    assert posted <= set(find_templates())
