"""The languages of the service, their CLDR locales, and the folders of their translations."""

from datetime import datetime
from pathlib import Path
from typing import Final

from babel.dates import format_skeleton

from zone.core.time import to_helsinki

# The languages of the service; `en` where nothing else is known.
LANGUAGES: Final = ("fi", "sv", "en")

# Swedish and English as they are written in Finland: 24-hour clock, comma as the decimal sign.
LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}

# Each room has the words of its own pages.
TRANSLATIONS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))


def moment(at: datetime, language: str) -> str:
    """Day and wall-clock time, as they are written in that language in Finland."""
    locale, local = LOCALES.get(language, LOCALES["en"]), to_helsinki(at)
    return f"{format_skeleton('MMMEd', local, locale=locale)} {format_skeleton('Hm', local, locale=locale)}"
