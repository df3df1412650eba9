"""The languages of the service, their CLDR locales, and the folders of the translations."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from babel.dates import format_skeleton
from babel.support import NullTranslations, Translations

from zone.core.time import repeated_hour, to_helsinki

# `en` is used where the language is unknown.
LANGUAGES: Final = ("fi", "sv", "en")

OWN_NAMES: Final = {"fi": "suomi", "sv": "svenska", "en": "English"}
"""Each language as those who speak it call it."""

# Swedish and English as written in Finland: 24-hour clock, decimal comma.
LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}

# Each feature has one catalogue.
TRANSLATIONS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))


@cache
def translations(language: str) -> NullTranslations:
    """The sentences of every feature in `fi` or `sv`; of any other language English, the keys."""
    merged = Translations()
    for folder in TRANSLATIONS if language in ("fi", "sv") else ():
        merged.merge(Translations.load(folder, [language]))
    return merged


def translatable(english: str) -> str:
    """Mark a sentence for the catalogues; whoever knows its reader calls `translate`."""
    return english


def translate(english: str, language: str) -> str:
    """The sentence in `language` (`fi`, `sv` or `en`; any other value gives `en`)."""
    return str(translations(language).ugettext(english)) if english else ""


def translated(english: str) -> dict[str, str]:
    """The sentence by language, in all three."""
    return {language: translate(english, language) for language in LANGUAGES}


CLOCKS: Final = {
    "fi": {"summer": "kesäaikaa", "winter": "talviaikaa"},
    "sv": {"summer": "sommartid", "winter": "vintertid"},
    "en": {"summer": "summer time", "winter": "winter time"},
}
"""What a time of the night in October, in which the clock repeats an hour, is in full."""


def clock_meaning(at: datetime, language: str) -> str:
    """What to write after a time that the clock repeats, after a space; empty for any other."""
    meaning = repeated_hour(at)
    return f" {CLOCKS.get(language, CLOCKS['en'])[meaning]}" if meaning else ""


def format_moment(at: datetime, language: str) -> str:
    """The Helsinki date and time as written in `language` in Finland."""
    locale, local = LOCALES.get(language, LOCALES["en"]), to_helsinki(at)
    day, time = (format_skeleton(parts, local, locale=locale) for parts in ("MMMEd", "Hm"))
    return f"{day} {time}{clock_meaning(at, language)}"
