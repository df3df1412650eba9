"""Security headers of every response."""

from collections.abc import Iterable
from typing import Final

from flask import Response, g

from zone.core.config import Settings
from zone.core.identity import Actor

# No inline script or style, nothing from other origins, never in a frame.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers would send `Origin: null` with our forms, and csrf would refuse
    # them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

POLICY: Final = "Content-Security-Policy"

HTTPS_ONLY: Final = "max-age=31536000"


def allow_forms_to(origins: Iterable[str]) -> None:
    """Let the forms of the page that is being made lead to other origins, such as a bank's."""
    g.form_origins = tuple(dict.fromkeys(origins))


def harden(response: Response, settings: Settings, actor: Actor | None) -> None:
    """Add the headers that the view has not set itself."""
    wanted = dict(HEADERS)
    if origins := g.get("form_origins"):
        # A browser follows no redirect of a form to an origin that is not named here.
        wanted[POLICY] = " ".join((HEADERS[POLICY], *origins))
    if settings.secure:
        wanted["Strict-Transport-Security"] = HTTPS_ONLY
    if actor is not None:  # no cache in between may keep what belongs to a person
        wanted["Cache-Control"] = "private, no-store"
    own = {name.lower() for name, _ in response.headers}
    # Headers.setdefault searches all headers for each name: 5 % of a short request's time.
    for name, value in wanted.items():
        if name.lower() not in own:
            response.headers.add(name, value)
