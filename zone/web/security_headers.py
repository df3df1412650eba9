"""Security headers of every answer."""

from typing import Final

from flask import Flask, Response, g

from zone.web.context import current_settings

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""No inline script, no inline style, nothing from elsewhere, in nobody's frame.

`Referrer-Policy: same-origin` and not `no-referrer`: that one would make browsers send `Origin: null` with our forms.
"""

HTTPS_ONLY: Final = "max-age=31536000"


def install(app: Flask) -> None:
    """Put the headers on every answer; what belongs to a person is never kept by a cache in between."""
    app.after_request(harden)


def harden(response: Response) -> Response:
    """Add what the view has not set itself."""
    wanted = dict(HEADERS)
    if current_settings().secure:
        wanted["Strict-Transport-Security"] = HTTPS_ONLY
    if g.get("actor") is not None:
        wanted["Cache-Control"] = "private, no-store"
    own = {name.lower() for name, _ in response.headers}
    # Headers.setdefault would look through all of them for each name: a twentieth of a short request's time.
    for name, value in wanted.items():
        if name.lower() not in own:
            response.headers.add(name, value)
    return response
