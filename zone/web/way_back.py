"""Where somebody goes on after buying, such as to what they were about to book: `?next=`.

The addresses of the shop carry it from page to page. Only those of the payment provider do not: a
cookie holds it during the payment, for this one order.
"""

from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import request
from werkzeug.wrappers import Response

from zone.core.config import Settings
from zone.core.text import is_local_path
from zone.web.whereabouts import is_served

NAME: Final = "next"
COOKIE: Final = "zone-next"
SECURE_COOKIE: Final = "__Host-zone-next"
LASTS: Final = 3600
"""Seconds that a payment may take; later its page is found by itself."""
LONGEST: Final = 500


def onward() -> str:
    """Return the page of this site that the address names; empty where it names none."""
    return local_page(request.args.get(NAME, "")) if request.query_string else ""


def local_page(address: str) -> str:
    """Return an address if it is a page of this site, else nothing."""
    fits = len(address) <= LONGEST and is_local_path(address)
    return address if fits and is_served(urlsplit(address).path) else ""


def with_onward(path: str, there: str | None = None) -> str:
    """Return an address of the shop with the page on which its reader goes on."""
    there = onward() if there is None else there
    return f"{path}{'&' if '?' in path else '?'}{urlencode({NAME: there})}" if there else path


def keep(response: Response, order: str, settings: Settings) -> None:
    """Keep the page during the payment of an order; forget one of an earlier payment."""
    there = onward()
    if there or _name(settings) in request.cookies:
        _set(response, f"{order}:{there}" if there else "", settings)


def kept(response: Response, order: str, settings: Settings) -> str:
    """Return the page that was kept during the payment of an order, and forget it."""
    paid, _, there = request.cookies.get(_name(settings), "").partition(":")
    if paid != order:
        return ""
    _set(response, "", settings)
    return local_page(there)


def _name(settings: Settings) -> str:
    return SECURE_COOKIE if settings.secure else COOKIE


def _set(response: Response, value: str, settings: Settings) -> None:
    response.set_cookie(
        _name(settings),
        value,
        max_age=LASTS if value else 0,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
