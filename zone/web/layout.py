"""What every page shares: languages, template filters and navigation.

Templates extend `web/layout.html` (blocks `title`, `main`; `{% set nav = "classes" %}`) and import
their parts from `web/components.html`.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, current_app, g, request
from flask_babel import Babel, Domain

from zone.core.clock import utc_now
from zone.core.i18n import Sentences, translations
from zone.core.identity import Actor, Permission
from zone.core.time import HELSINKI
from zone.web import field_errors, service_profile
from zone.web.feature import NavItem
from zone.web.filters import FILTERS
from zone.web.language import language, locale
from zone.web.whereabouts import is_served, nearest_page

NAVIGATION_KEY: Final = "zone_navigation"


def install(app: Flask, navigation: Iterable[NavItem]) -> None:
    """Give the application its languages, filters and navigation. Call it after the blueprints."""
    app.extensions[NAVIGATION_KEY] = sorted(navigation, key=lambda item: item.position)
    _Babel(app, locale_selector=locale, timezone_selector=lambda: str(HELSINKI))
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its extension i18n
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, count: _translations().ungettext(one, many, count),
        newstyle=True,
    )
    for name, show in FILTERS.items():
        app.template_filter(name)(show)
    app.context_processor(_page_context)
    field_errors.install(app)
    service_profile.install(app)


def _translations() -> Sentences:
    """Return the translations of this request."""
    # To look up the language again for each sentence took 15 % of a timetable.
    found: Sentences | None = g.get("translations")
    if found is None:
        found = g.translations = translations(language())
    return found


class _Domain(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """What Flask-Babel's `gettext` looks sentences up in: the catalogues of all features."""

    def get_translations(self) -> Sentences:
        return _translations()


class _Babel(Babel):  # type: ignore[misc]  # Flask-Babel has no types
    domain_instance = _Domain()


def _page_context() -> dict[str, Any]:
    return {
        "language": language(),
        "in_language": address_in_language,
        "address_here": address_here,
        "navigation": navigation,
        "actor": g.get("actor"),
        "rendered_at": utc_now,
        "service": service_profile.current_profile(),
    }


def address_in_language(code: str) -> str:
    """Return this page's address in another language, with the rest of its query."""
    # A refused form is shown at its own address, which often takes POST only.
    page = "" if request.method == "GET" else nearest_page(request.path)
    return f"{page}?{urlencode([*_query(), ('lang', code)])}"


def address_here() -> str:
    """Return this page's address without a language, for who chooses another."""
    page = request.path if request.method == "GET" else nearest_page(request.path)
    query = urlencode(_query())
    return f"{page}?{query}" if query else page


def _query() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]


def navigation() -> list[NavItem]:
    """Return the entries that this person may open and that this installation serves."""
    actor: Actor | None = g.get("actor")
    held = actor.permissions if actor else frozenset[Permission]()
    roles = actor.roles if actor else frozenset[str]()
    items: list[NavItem] = current_app.extensions[NAVIGATION_KEY]
    return [
        item
        for item in items
        if (item.permission is None or item.permission in held)
        and (item.role is None or item.role in roles)
        and is_served(item.path)
    ]
