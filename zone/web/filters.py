"""Template filters: dates, times, money and numbers in Finnish form, in the reader's language.

`clock` 17.30 · `day` Tue 22 Sept · `day_month` 22 Sept · `date` 22 Sept 2026 · `moment` day and
clock · `span` 17.30–18.25 · `month` · `month_name` Sept · `weekday` · `cents` 12,34 € ·
`decimal` 13,5 · `exactly` 4,0 · `own_name` of names by language · `as_typed` in a field.
`zone/core/formats.py` says how each looks.
Instants are aware UTC and shown in Helsinki wall-clock time.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from jinja2 import Undefined

from zone.core import formats
from zone.web.language import language


def clock(value: datetime) -> str:
    """Format a clock time: `17.30`; in the hour that is repeated in October `3.30 summer time`."""
    return formats.format_clock(value, language())


def day(value: date) -> str:
    """Format an instant or a day: `Tue 22 Sept`."""
    return formats.format_day(value, language())


def day_month(value: date) -> str:
    """Format an instant or a day without its weekday: `22 Sept`."""
    return formats.format_day_month(value, language())


def date_(value: date) -> str:
    """Format an instant or a day with its year: `22 Sept 2026`."""
    return formats.format_date(value, language())


def month(value: date) -> str:
    """Format the month of a day: `September 2026`."""
    return formats.format_month(value, language())


def month_name(value: date) -> str:
    """Format the short name of a month, as used outside a sentence: `Sept`."""
    return formats.format_month_name(value, language())


def moment(value: datetime) -> str:
    """Format day and time: `Tue 22 Sept 17.30`."""
    return formats.format_moment(value, language())


def span(start: datetime, end: datetime) -> str:
    """Format start and end as clock times: `17.30–18.25`."""
    return formats.format_span(start, end, language())


def weekday(value: date, width: str = "short") -> str:
    """Format a weekday as used outside a sentence: `Tue`; `long`: `Tuesday`."""
    return formats.format_weekday(value, language(), width)


def decimal(value: Decimal | float, digits: int = 1) -> str:
    """Format a number with at most `digits` decimals: `13,5`, `2 148`."""
    return formats.format_number(value, language(), digits)


def exactly(value: Decimal) -> str:
    """Format a number with just the decimals that it has: 4.0 stays `4,0`."""
    digits = max(0, -int(value.as_tuple().exponent))
    return formats.format_number(value, language(), digits, exact=True)


def own_name(names: dict[str, str]) -> str:
    """Return a name in the reader's language, of names by language."""
    return names[language()]


def as_typed(value: object) -> str:
    """Return the value of a field as text: what nobody has typed is empty, and 0 is 0."""
    return "" if value is None or isinstance(value, Undefined) else str(value)


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "clock": clock,
    "day": day,
    "day_month": day_month,
    "date": date_,
    "month": month,
    "month_name": month_name,
    "moment": moment,
    "span": span,
    "weekday": weekday,
    "time_of_day": formats.format_time,
    "cents": formats.format_cents,
    "decimal": decimal,
    "exactly": exactly,
    "own_name": own_name,
    "as_typed": as_typed,
}
