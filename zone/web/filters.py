"""Template filters: dates, times, money and numbers in Finnish form, in the reader's language.

`clock` 17.30 · `weekday` Tue · `day` Tue 22 Sept · `date` 22 Sept 2026 · `moment` both ·
`span` 17.30–18.25 · `month` · `cents` 12,34 € · `decimal` · `own_name` of names by language ·
`as_typed` in a field.
Instants are aware UTC and shown in Helsinki wall-clock time.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.numbers import format_decimal
from flask_babel import get_locale
from jinja2 import Undefined

from zone.core.i18n import clock_meaning
from zone.core.money import format_cents
from zone.core.time import HELSINKI, repeated_hour, require_utc
from zone.web.language import language


def _cldr() -> Locale:
    found: Locale | None = get_locale()
    return found or Locale.parse("en_FI")


def _skeleton(pattern: str) -> Callable[[date | datetime], str]:
    """Return a filter that formats an instant or a day by a CLDR skeleton, in the reader's
    language.
    """

    def show(value: date | datetime) -> str:
        local = require_utc(value).astimezone(HELSINKI) if isinstance(value, datetime) else value
        cldr = _cldr()
        # As `format_skeleton` does, which first parses the locale again from its name.
        return str(cldr.datetime_skeletons[pattern].apply(local, cldr))

    return show


_hour_and_minute: Final = _skeleton("Hm")
day: Final = _skeleton("MMMEd")
weekday: Final = _skeleton("E")
date_: Final = _skeleton("yMMMd")
month: Final = _skeleton("yMMMM")


def clock(value: datetime) -> str:
    """Format a clock time: `17.30`; in the hour that is repeated in October `3.30 summer time`."""
    text = _hour_and_minute(value)
    return text + clock_meaning(value, language()) if repeated_hour(value) else text


def moment(value: datetime) -> str:
    """Format day and time: `Tue, 22 Sept 17.30`."""
    return f"{day(value)} {clock(value)}"


def span(start: datetime, end: datetime) -> str:
    """Format start and end as clock times: `17.30–18.25`."""
    return f"{clock(start)}–{clock(end)}"


def decimal(value: Decimal | float, digits: int = 1) -> str:
    """Format a number with at most `digits` decimals and the reader's decimal sign."""
    return str(format_decimal(value, format="#,##0." + "#" * digits, locale=_cldr()))


def own_name(names: dict[str, str]) -> str:
    """Return a name in the reader's language, of names by language."""
    return names[language()]


def as_typed(value: object) -> str:
    """Return the value of a field as text: what nobody has typed is empty, and 0 is 0."""
    return "" if value is None or isinstance(value, Undefined) else str(value)


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "clock": clock,
    "day": day,
    "weekday": weekday,
    "date": date_,
    "month": month,
    "moment": moment,
    "span": span,
    "cents": format_cents,
    "decimal": decimal,
    "own_name": own_name,
    "as_typed": as_typed,
}
