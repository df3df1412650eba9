"""The languages of the service, their CLDR locales, and the sentences of the catalogues."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

# `en` is used where the language is unknown.
LANGUAGES: Final = ("fi", "sv", "en")

OWN_NAMES: Final = {"fi": "suomi", "sv": "svenska", "en": "English"}
"""Each language as those who speak it call it."""

# Swedish and English as written in Finland: 24-hour clock, decimal comma.
LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}

# Each feature has one catalogue.
TRANSLATIONS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))


# A unit stays in the line of its number: `%(minutes)s min`, `{share} %`, `24 h`.
_BEFORE_UNIT: Final = re.compile(r"(?:(?<=[\d}])|(?<=\)s)) (?=(?:€|%|h|min|s)(?!\w))")
_THOUSANDS: Final = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")


class Sentences(Translations):
    """The merged sentences of one language. No line breaks between a number and its unit."""

    def ugettext(self, message: str) -> str:
        """The translation of a sentence; itself where there is none."""
        return with_units(super().ugettext(message))

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        """The translation of a sentence for a number of things."""
        return with_units(super().ungettext(singular, plural, num))


@cache
def with_units(sentence: str) -> str:
    """The sentence with no-break spaces before units and inside numbers."""
    return _THOUSANDS.sub("\u202f", _BEFORE_UNIT.sub("\u00a0", sentence))


@cache
def translations(language: str) -> Sentences:
    """The sentences of every feature in `fi` or `sv`; of any other language English, the keys."""
    merged = Sentences()
    for folder in TRANSLATIONS if language in ("fi", "sv") else ():
        source = folder / language / "LC_MESSAGES" / "messages.po"
        if source.exists():
            merged.merge(compiled(source))
    return merged


def compiled(source: Path) -> Translations:
    """The sentences of one catalogue, from its text."""
    # In memory, 0.1 s for a language once in a process: a compiled file in the repository could
    # differ from its text, and one made by the installation would need a hook of the build.
    file = BytesIO()
    with source.open("rb") as text:
        write_mo(file, read_po(text))
    file.seek(0)
    return Translations(file)


def translatable(english: str) -> str:
    """Mark a sentence for the catalogues; whoever knows its reader calls `translate`."""
    return english


def translate(english: str, language: str) -> str:
    """The sentence in `language` (`fi`, `sv` or `en`; any other value gives `en`)."""
    return translations(language).ugettext(english) if english else ""


def translated(english: str) -> dict[str, str]:
    """The sentence by language, in all three."""
    return {language: translate(english, language) for language in LANGUAGES}
