"""The language of a request, and its CLDR locale."""

from typing import Final

from flask import Request, Response, g
from flask.globals import request_ctx

from zone.core.config import Settings
from zone.core.i18n import LANGUAGES, LOCALES

COOKIE_SECONDS: Final = 365 * 24 * 3600


def language() -> str:
    """Return the language of this request: the person's choice, else the browser's preference."""
    current = request_ctx.request
    chosen = (
        language_in_address(current)
        or current.cookies.get("lang")
        or getattr(g.get("actor"), "language", None)
    )
    if chosen in LANGUAGES:
        return str(chosen)
    return current.accept_languages.best_match(LANGUAGES) or "en"


def language_in_address(request: Request) -> str | None:
    """Return the language that the address names, unchecked; None where it names none."""
    # Parsing an empty query costs time in every request, and most requests have none.
    return request.args.get("lang") if request.query_string else None


def locale() -> str:
    """Return the CLDR locale of this request."""
    return LOCALES[language()]


def remember_language(response: Response, request: Request, settings: Settings) -> None:
    """Keep the language that the address names in a cookie for the next pages."""
    chosen = language_in_address(request)
    # What any cache may keep must not hand out one person's choice to the others.
    if chosen in LANGUAGES and not response.cache_control.public:
        response.set_cookie(
            "lang",
            chosen,
            max_age=COOKIE_SECONDS,
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
        )
