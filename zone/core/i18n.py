"""The languages of the service, their CLDR locales, and the folders of the translations."""

from datetime import datetime
from pathlib import Path
from typing import Final

from babel.dates import format_skeleton

from zone.core.time import repeated_hour, to_helsinki

# `en` is used where the language is unknown.
LANGUAGES: Final = ("fi", "sv", "en")

OWN_NAMES: Final = {"fi": "suomi", "sv": "svenska", "en": "English"}
"""Each language as those who speak it call it."""

# Swedish and English as written in Finland: 24-hour clock, decimal comma.
LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}

# Each feature has one catalogue.
TRANSLATIONS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))


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
