"""Cookies by which a browser is known before it signs in: for this host, unreadable to scripts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Request, Response

from zone.core.config import Settings


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """A cookie with a name and a life; its value is made and checked by a feature."""

    name: str
    life: timedelta

    def name_in(self, settings: Settings) -> str:
        """Return the cookie's name at this installation."""
        # Browsers store a `__Host-` cookie only over HTTPS, so http://localhost has another name.
        return f"__Host-{self.name}" if settings.secure else self.name

    def read(self, request: Request, settings: Settings) -> str:
        """Return the value that the request carries, unchecked; empty where there is none."""
        return request.cookies.get(self.name_in(settings), "")

    def write(self, response: Response, value: str, settings: Settings) -> None:
        """Store a value in the browser."""
        response.set_cookie(
            self.name_in(settings),
            value,
            max_age=self.life,
            path="/",
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
        )

    def delete(self, response: Response, settings: Settings) -> None:
        """Delete the value from the browser."""
        response.delete_cookie(
            self.name_in(settings),
            path="/",
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
        )


CODE: Final = BrowserCookie("zone-code", timedelta(minutes=10))
"""Holds the token of the browser that asked for a sign-in code; lives as long as the code."""
KNOWN: Final = BrowserCookie("zone-browser", timedelta(days=400))
"""Holds the mark of a browser in which somebody has signed in; stays after they sign out."""
