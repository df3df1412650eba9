"""Dates, times, numbers and money as people in Finland write them, in all three languages. Pure.

This is the one place: pages use it by their filters (`zone/web/filters.py`), mails directly. CLDR's
own forms of Swedish and English differ (`1 dec.`, `Tue, 1 Dec`), so the patterns are ours.
"""

from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern
from babel.numbers import format_decimal as babel_decimal

from zone.core.i18n import LOCALES, translatable, translate
from zone.core.time import repeated_hour, to_helsinki

NO_BREAK: Final = "\u00a0"
THIN: Final = "\u202f"
"""A narrow space at which no line breaks, between the thousands."""
MINUS: Final = "\u2212"

CLOCKS: Final = {"summer": translatable("summer time"), "winter": translatable("winter time")}
"""What a time of the night in October, in which the clock repeats an hour, is in full."""

_CLOCK: Final = {"fi": "H.mm", "sv": "H.mm", "en": "H.mm"}
_DAY: Final = {"fi": "ccc d.M.", "sv": "ccc d.M", "en": "ccc d MMM"}
_DAY_MONTH: Final = {"fi": "d.M.", "sv": "d.M", "en": "d MMM"}
_DATE: Final = {"fi": "d.M.y", "sv": "d.M.y", "en": "d MMM y"}
_MONTH: Final = {"fi": "LLLL y", "sv": "LLLL y", "en": "LLLL y"}
_MONTH_NAME: Final = {"fi": "LLL", "sv": "LLL", "en": "LLL"}
_WEEKDAY: Final = {"short": "ccc", "long": "cccc"}


def format_clock(at: datetime, language: str) -> str:
    """The Helsinki time: `17.30`; in the hour that October repeats, `3.30 summer time`."""
    return _apply(_CLOCK, at, language) + clock_meaning(at, language)


def format_day(day: date, language: str) -> str:
    """The weekday and day: `Tue 1 Dec`, `ti 1.12.`, `tis 1.12`; of an instant Helsinki's."""
    return _apply(_DAY, day, language)


def format_day_month(day: date, language: str) -> str:
    """The day without its weekday: `1 Dec`, `1.12.`, `1.12`; of an instant Helsinki's."""
    return _apply(_DAY_MONTH, day, language)


def format_date(day: date, language: str) -> str:
    """The day with its year: `1 Dec 2026`, `1.12.2026`; of an instant Helsinki's."""
    return _apply(_DATE, day, language)


def format_month(day: date, language: str) -> str:
    """The month with its year, as used outside a sentence: `December 2026`."""
    return _apply(_MONTH, day, language)


def format_month_name(day: date, language: str) -> str:
    """The short name of the month, as used outside a sentence: `Dec`, `joulu`, `dec`."""
    return _apply(_MONTH_NAME, day, language).rstrip(".")


def format_moment(at: datetime, language: str) -> str:
    """The Helsinki day and time: `Tue 1 Dec 17.30`."""
    return f"{format_day(at, language)} {format_clock(at, language)}"


def format_span(start: datetime, end: datetime, language: str) -> str:
    """Start and end as clock times: `17.30–18.25`."""
    return f"{format_clock(start, language)}–{format_clock(end, language)}"


def format_time(at: time) -> str:
    """A time of day of the wall clock: `7.00`, the same in each language."""
    return f"{at.hour}.{at.minute:02d}"


def format_hours(opens: time, closes: time) -> str:
    """Two times of day: `7.00–22.00`."""
    return f"{format_time(opens)}–{format_time(closes)}"


def format_weekday(day: date, language: str, width: str = "short") -> str:
    """The weekday as used outside a sentence: `short` gives `Tue`, `long` gives `Tuesday`."""
    return _formatted(_WEEKDAY[width], _wall_clock(day), language)


def clock_meaning(at: datetime, language: str) -> str:
    """What to write after a time that the clock repeats, after a space; empty for any other."""
    meaning = repeated_hour(at)
    return f" {translate(CLOCKS[meaning], language)}" if meaning else ""


def format_number(
    value: Decimal | float, language: str, digits: int = 0, *, exact: bool = False
) -> str:
    """A number with at most `digits` decimals, or exactly so many: `2 148`, `13,5`, `−99,95`."""
    decimals = ("0" if exact else "#") * digits
    text = babel_decimal(
        value, format=f"#,##0.{decimals}" if digits else "#,##0", locale=_locale(language)
    )
    return text.replace(NO_BREAK, THIN).replace("-", MINUS)


def format_cents(cents: int) -> str:
    """Cents as euros, with no-break spaces, the same in each language: `1234` → `12,34 €`."""
    sign, whole, part = MINUS if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return f"{sign}{whole:,}".replace(",", THIN) + f",{part:02d}{NO_BREAK}€"


def _apply(patterns: dict[str, str], day: date, language: str) -> str:
    return _formatted(patterns.get(language, patterns["en"]), _wall_clock(day), language)


def _wall_clock(day: date) -> date:
    """A day as it is, an instant as Helsinki's time: without a zone, which no pattern shows."""
    return to_helsinki(day).replace(tzinfo=None) if isinstance(day, datetime) else day


@lru_cache(maxsize=4096)
def _formatted(pattern: str, local: date, language: str) -> str:
    # Kept: pages write the same times again and again, and a pattern takes 15 µs.
    return _pattern(pattern).apply(local, _locale(language))


@cache
def _pattern(text: str) -> DateTimePattern:
    return parse_pattern(text)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, LOCALES["en"]))
