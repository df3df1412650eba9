"""The languages of the service, their CLDR locales, and the folders of the translations."""

from datetime import datetime
from pathlib import Path
from typing import Final

from babel.dates import format_skeleton

from zone.core.time import to_helsinki

# `en` is used where the language is unknown.
LANGUAGES: Final = ("fi", "sv", "en")

# Swedish and English as written in Finland: 24-hour clock, decimal comma.
LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}

# Each feature has one catalogue.
TRANSLATIONS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))


def format_moment(at: datetime, language: str) -> str:
    """The Helsinki date and time as written in `language` in Finland."""
    locale, local = LOCALES.get(language, LOCALES["en"]), to_helsinki(at)
    day, time = (format_skeleton(parts, local, locale=locale) for parts in ("MMMEd", "Hm"))
    return f"{day} {time}"
