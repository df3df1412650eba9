"""No other site may act with a person's session: a write must come from our own pages, or carry a token.

Browsers say themselves where a request comes from: `Sec-Fetch-Site`, else `Origin`. What they say decides, also for
sign-in, so that nobody is signed in to a stranger's account. A program that says neither and yet uses a session
cookie shows the session's token instead (header `X-CSRF-Token` or form field `csrf_token`). A bearer token is never
sent by a browser on its own, so it needs no such proof.
"""

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, request

from zone.core.config import Settings
from zone.core.errors import DomainError, declare
from zone.web import session_cookie
from zone.web.context import current_settings

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FIELD: Final = "csrf_token"
HEADER: Final = "X-CSRF-Token"
BEARER: Final = "Bearer "

CROSS_ORIGIN = declare(
    "cross_origin",
    403,
    fi="Pyyntö tuli muualta kuin Zonen omilta sivuilta. Avaa Zone ja tee sama siellä.",
    sv="Begäran kom från en annan plats än Zones egna sidor. Öppna Zone och gör samma sak där.",
    en="The request did not come from Zone's own pages. Open Zone and do the same there.",
)


def install(app: Flask) -> None:
    """Check every write before its view runs, and let pages write the token into their forms."""

    @app.before_request
    def guard() -> None:
        check(request, current_settings())

    @app.context_processor
    def token_for_forms() -> dict[str, str]:
        session_token = session_cookie.token_of(request, current_settings())
        return {FIELD: token_of(session_token) if session_token else ""}


def token_of(session_token: str) -> str:
    """The token that belongs to a session: it tells nothing of the session's own, which stays in its cookie."""
    return hmac.new(session_token.encode(), b"zone-csrf-1", hashlib.sha256).hexdigest()


def check(request: Request, settings: Settings) -> None:
    """Let the request pass, or raise.

    Raises:
        DomainError: cross_origin.
    """
    if request.method in SAFE or _has_bearer(request):
        return
    ours = comes_from_us(request, settings)
    if ours is False or (ours is None and not _token_fits(request, settings)):
        raise DomainError(CROSS_ORIGIN)


def comes_from_us(request: Request, settings: Settings) -> bool | None:
    """What the browser says of where the request comes from; None when it says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    return origin == f"{request.scheme}://{request.host}" or origin == _origin_of(settings.base_url)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _has_bearer(request: Request) -> bool:
    return request.headers.get("Authorization", "").startswith(BEARER)


def _token_fits(request: Request, settings: Settings) -> bool:
    session_token = session_cookie.token_of(request, settings)
    if session_token is None:
        return True  # nothing to misuse
    shown = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return hmac.compare_digest(shown.encode(), token_of(session_token).encode())
