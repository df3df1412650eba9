"""The language of a request, and its CLDR locale.

In this order: the address (`?lang=`) for this answer; what the person has chosen, which stands with
their account, or for a guest in a cookie; the browser's preference. Who signs out reads on in the
same language: the cookie follows the account.
"""

from typing import Final

from flask import Request, Response, g
from flask.globals import request_ctx

from zone.core.config import Settings
from zone.core.i18n import LANGUAGES, LOCALES
from zone.core.identity import Actor

COOKIE: Final = "lang"
COOKIE_SECONDS: Final = 365 * 24 * 3600


def language() -> str:
    """Return the language of this request."""
    current = request_ctx.request
    actor: Actor | None = g.get("actor")
    kept = current.cookies.get(COOKIE) if actor is None else actor.language
    for chosen in (language_in_address(current), kept):
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


def remember_language(
    response: Response, request: Request, actor: Actor | None, settings: Settings
) -> None:
    """Keep in a cookie what the address of a guest names, or what a person has chosen."""
    if actor is None:
        chosen = language_in_address(request)
    else:
        by_browser = actor.kind == "person" and actor.scopes is None
        chosen = actor.language if by_browser else None
    # What any cache may keep must not hand out one person's choice to the others.
    if (
        chosen in LANGUAGES
        and chosen != request.cookies.get(COOKIE)
        and not response.cache_control.public
    ):
        keep_language(response, chosen, settings)


def keep_language(response: Response, language: str, settings: Settings) -> None:
    """Keep the language in the browser, for the pages of a guest."""
    response.set_cookie(
        COOKIE,
        language,
        max_age=COOKIE_SECONDS,
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
