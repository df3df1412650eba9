"""The frame around every page: language, dates and money as Finland writes them, and navigation.

Templates extend `layout.html` (blocks `title`, `main`; `{% set nav = "classes" %}`) and import their parts from
`parts.html`. Filters: `clock` 17.30 · `day` Tue 22 Sept · `date` 22 Sept 2026 · `moment` both · `span` 17.30–18.25 ·
`month` · `cents` 12,34 € · `decimal`. Instants are aware UTC and shown in Helsinki wall-clock time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, get_locale, lazy_gettext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from zone.core.money import format_cents
from zone.core.text import LANGUAGES
from zone.core.time import HELSINKI, require_utc
from zone.http.auth import public
from zone.http.context import current_settings
from zone.http.problems import in_address, language

LOCALES: Final = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}
"""Swedish and English as they are written in Finland: 24-hour clock, comma as the decimal sign."""

WORDS: Final = sorted(Path(__file__).parents[1].glob("*/translations"))
"""Each room has the words of its own pages."""

COOKIE_SECONDS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the main navigation. `roles` empty: everybody."""

    key: str
    path: str
    label: Any
    icon: str
    roles: frozenset[str] = frozenset()


NAV: Final = (
    NavItem("pass", "/pass", lazy_gettext("Pass"), "qr-code"),
    NavItem("classes", "/classes", lazy_gettext("Classes"), "calendar-days"),
    NavItem("courts", "/courts", lazy_gettext("Courts"), "volleyball"),
    NavItem("bookings", "/bookings", lazy_gettext("Bookings"), "ticket-check"),
    NavItem("me", "/me", lazy_gettext("Me"), "user-round"),
    NavItem("desk", "/desk", lazy_gettext("Desk"), "door-open", frozenset({"desk", "manager", "admin"})),
    NavItem("targets", "/targets", lazy_gettext("Manage"), "chart-line", frozenset({"manager", "admin"})),
)


def install(app: Flask) -> None:
    """Give the application its language, filters and navigation. Call it after the rooms are registered."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(folder) for folder in WORDS)
    Babel(app, locale_selector=locale, timezone_selector=lambda: str(HELSINKI))
    for name, show in FILTERS.items():
        app.template_filter(name)(show)
    app.context_processor(_page_context)
    app.after_request(_remember_language)
    _open_static_files(app)


def locale() -> str:
    """The CLDR locale of this request."""
    return LOCALES[language()]


def _open_static_files(app: Flask) -> None:
    """Style, font and icons are for everybody; without the mark the guard would ask for a session."""
    public(app.view_functions["static"])


def _page_context() -> dict[str, Any]:
    return {"language": language(), "in_language": in_language, "navigation": navigation, "actor": g.get("actor")}


def in_language(code: str) -> str:
    """This page's address in another language; what was chosen or searched on the page stays."""
    return "?" + urlencode([*((k, v) for k, v in request.args.items(multi=True) if k != "lang"), ("lang", code)])


def navigation() -> list[NavItem]:
    """The places that this person may go to and that this installation has."""
    roles = getattr(g.get("actor"), "roles", frozenset[str]())
    return [item for item in NAV if (not item.roles or item.roles & roles) and _is_served(item.path)]


def _is_served(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def _remember_language(response: Response) -> Response:
    chosen = in_address()
    if chosen in LANGUAGES:
        response.set_cookie(
            "lang", chosen, max_age=COOKIE_SECONDS, secure=current_settings().secure, httponly=True, samesite="Lax"
        )
    return response


def _cldr() -> Locale:
    found: Locale | None = get_locale()
    return found or Locale.parse("en_FI")


def _skeleton(pattern: str) -> Callable[[date | datetime], str]:
    """A filter that writes an instant (or a day) by a CLDR skeleton, in the reader's language."""

    def show(value: date | datetime) -> str:
        local = require_utc(value).astimezone(HELSINKI) if isinstance(value, datetime) else value
        return format_skeleton(pattern, local, locale=_cldr())

    return show


clock: Final = _skeleton("Hm")
day: Final = _skeleton("MMMEd")
date_: Final = _skeleton("yMMMd")
month: Final = _skeleton("yMMMM")


def moment(value: datetime) -> str:
    """Day and time: `Tue, 22 Sept 17.30`."""
    return f"{day(value)} {clock(value)}"


def span(start: datetime, end: datetime) -> str:
    """From start to end as clock times: `17.30–18.25`."""
    return f"{clock(start)}–{clock(end)}"


def decimal(value: Decimal | float, digits: int = 1) -> str:
    """A number with at most `digits` decimals, with the reader's decimal sign."""
    return str(format_decimal(value, format="#,##0." + "#" * digits, locale=_cldr()))


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "clock": clock,
    "day": day,
    "date": date_,
    "month": month,
    "moment": moment,
    "span": span,
    "cents": format_cents,
    "decimal": decimal,
}
