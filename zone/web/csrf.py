"""Protection against cross-site requests: a write must come from our own pages, or carry a token.

Browsers name the origin of a request in `Sec-Fetch-Site`, or in `Origin` where they are older. That
header decides. A program that sends neither header but uses a session cookie must send the token of
the session, in the header `X-CSRF-Token` or the form field `csrf_token`.
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

CROSS_ORIGIN = declare(
    "cross_origin",
    403,
    "The request did not come from our own pages. Open the service and do the same there.",
)


def install(app: Flask) -> None:
    """Make the CSRF token available to templates, for their forms."""

    @app.context_processor
    def token_for_forms() -> dict[str, str]:
        session_token = session_cookie.token_of(request, current_settings())
        return {FIELD: token_of(session_token) if session_token else ""}


def token_of(session_token: str) -> str:
    """Return the CSRF token of a session, from which the session token cannot be computed."""
    return hmac.new(session_token.encode(), b"zone-csrf-1", hashlib.sha256).hexdigest()


def check(request: Request, settings: Settings) -> None:
    """Let the request pass, or raise.

    Raises:
        DomainError: cross_origin.
    """
    # A browser never adds a bearer token by itself, so another site cannot make it send one.
    if request.method in SAFE or bearer_of(request) is not None:
        return
    ours = comes_from_us(request, settings)
    if ours is False or (ours is None and not _token_fits(request, settings)):
        raise DomainError(CROSS_ORIGIN)


def comes_from_us(request: Request, settings: Settings) -> bool | None:
    """Whether the browser names our own origin; None when it names none."""
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


def bearer_of(request: Request) -> str | None:
    """Return the bearer token of a request; None where it has none."""
    # The name of a scheme is written in any case (RFC 9110, 11.1).
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _token_fits(request: Request, settings: Settings) -> bool:
    session_token = session_cookie.token_of(request, settings)
    if session_token is None:
        return True  # without a session there is nothing that another site could use
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return hmac.compare_digest(sent.encode(), token_of(session_token).encode())
