"""One-time messages: what a page says once, after a form, to the browser that sent the form.

A view redirects to an address with `done=`. The message belongs to the session, never to the
address: the redirect leaves a cookie that fits this address and this session, and the page that
shows the message deletes it. An address that was copied, reloaded or kept says nothing.
"""

from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, urlsplit

from flask import Request, Response, g, request

from zone.core.config import Settings
from zone.web import session_cookie
from zone.web.context import current_settings

NAME: Final = "done"
"""The parameter of the redirect that says what was done."""

COOKIE: Final = "zone-done"
SECURE_COOKIE: Final = "__Host-zone-done"
LASTS: Final = 60
"""Seconds for which the cookie is kept, where the page is never opened."""


def leave_or_delete(response: Response, request: Request, settings: Settings) -> None:
    """Leave the cookie with a redirect after a form, and delete it once the page has shown."""
    if request.method == "POST" and response.status_code == 303:
        parts = urlsplit(response.headers.get("Location", ""))
        if parse_qs(parts.query).get(NAME):
            # Who signs out reads the next page without the session.
            cleared = session_cookie.is_cleared(response)
            token = None if cleared else session_cookie.token_of(request, settings)
            _set(response, settings, _mark(token, parts.path, parts.query), LASTS)
    elif g.get("one_time_shown"):
        _set(response, settings, "", 0)


def done() -> str | None:
    """Return what was done just before by this browser, as the redirect said; then no more."""
    said = request.args.get(NAME)
    if not said:
        return None
    settings = current_settings()
    token = session_cookie.token_of(request, settings)
    mark = _mark(token, request.path, request.query_string.decode("ascii", "replace"))
    if request.cookies.get(_name(settings)) != mark:
        return None
    g.one_time_shown = True
    return said


def _mark(token: str | None, path: str, query: str) -> str:
    return sha256(f"{token or ''}\n{path}?{query}".encode()).hexdigest()[:32]


def _name(settings: Settings) -> str:
    return SECURE_COOKIE if settings.secure else COOKIE


def _set(response: Response, settings: Settings, value: str, lasts: int) -> None:
    response.set_cookie(
        _name(settings),
        value,
        max_age=lasts,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
