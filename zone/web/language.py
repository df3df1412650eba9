"""The language of a request, and its CLDR locale."""

from flask import g, request

from zone.core.i18n import LANGUAGES, LOCALES


def language() -> str:
    """Return the language of this request: the person's choice, else the browser's preference."""
    chosen = (
        language_in_address()
        or request.cookies.get("lang")
        or getattr(g.get("actor"), "language", None)
    )
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or "en"


def language_in_address() -> str | None:
    """Return the language that the address names, unchecked; None where it names none."""
    # Parsing an empty query costs time in every request, and most requests have none.
    return request.args.get("lang") if request.query_string else None


def locale() -> str:
    """Return the CLDR locale of this request."""
    return LOCALES[language()]
