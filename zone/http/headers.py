"""What every answer tells the browser to refuse."""

from typing import Final

from flask import Flask, Response, g

from zone.http.context import current_settings

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
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_settings().secure:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    if g.get("actor") is not None:
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response
