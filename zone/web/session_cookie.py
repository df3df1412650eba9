"""The cookie that carries a person's session token: for this host only, unreadable to scripts."""

from datetime import timedelta
from typing import Final

from flask import Request, Response

from zone.core.config import Settings

SECURE_NAME: Final = "__Host-zone"
LOCAL_NAME: Final = "zone"
LIFE: Final = timedelta(days=400)
"""The most that browsers keep. The server decides when the session ends; the cookie merely outlives it."""


def name_of(settings: Settings) -> str:
    """`__Host-` needs HTTPS; on http://localhost browsers would refuse to store it."""
    return SECURE_NAME if settings.secure else LOCAL_NAME


def token_of(request: Request, settings: Settings) -> str | None:
    """The session token that the request carries, unchecked, or None."""
    return request.cookies.get(name_of(settings))


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    """Let the browser keep the session."""
    response.set_cookie(
        name_of(settings),
        token,
        max_age=LIFE,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: Response, settings: Settings) -> None:
    """Let the browser forget the session."""
    response.delete_cookie(
        name_of(settings), path="/", secure=settings.secure, httponly=True, samesite="Lax"
    )
