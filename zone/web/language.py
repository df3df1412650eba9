"""The language of a request, and its CLDR locale."""

from flask import g, request

from zone.core.i18n import LANGUAGES, LOCALES


def language() -> str:
    """The language of this request: the person's own choice, else what the browser asks for."""
    chosen = (
        language_in_address()
        or request.cookies.get("lang")
        or getattr(g.get("actor"), "language", None)
    )
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or "en"


def language_in_address() -> str | None:
    """The language that the address asks for. Most have no query, and then none is read."""
    return request.args.get("lang") if request.query_string else None


def locale() -> str:
    """The CLDR locale of this request."""
    return LOCALES[language()]
