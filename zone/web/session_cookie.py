"""The cookie that carries a person's session token: for this host only, unreadable to scripts."""

from datetime import timedelta
from typing import Final

from flask import Request, Response

from zone.core.config import Settings

SECURE_NAME: Final = "__Host-zone"
LOCAL_NAME: Final = "zone"
# The longest life that browsers accept. The server ends the session; the cookie only has to last
# longer.
LIFE: Final = timedelta(days=400)


def name_of(settings: Settings) -> str:
    """Return the name of the cookie."""
    # Browsers store a `__Host-` cookie only over HTTPS, so http://localhost has another name.
    return SECURE_NAME if settings.secure else LOCAL_NAME


def token_of(request: Request, settings: Settings) -> str | None:
    """Return the session token of the request, unchecked, or None."""
    return request.cookies.get(name_of(settings))


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    """Store the session token in the browser."""
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
    """Delete the session token from the browser."""
    response.delete_cookie(
        name_of(settings), path="/", secure=settings.secure, httponly=True, samesite="Lax"
    )


def clear_browser(response: Response, settings: Settings) -> None:
    """Sign the browser out: delete the session token and everything that our pages stored."""
    delete_cookie(response, settings)
    # The pass page stores its key in IndexedDB; the next person at this browser must not have it.
    response.headers["Clear-Site-Data"] = '"storage"'


def is_cleared(response: Response) -> bool:
    """Return whether a response signs the browser out."""
    return "Clear-Site-Data" in response.headers
