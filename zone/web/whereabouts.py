"""Addresses to which a browser can be sent: the page on which somebody is, or the nearest to it."""

from urllib.parse import SplitResult, urlsplit

from flask import Request, current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from zone.web.csrf import SAFE


def is_served(path: str) -> bool:
    """Return whether a page has this path."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def nearest_page(path: str) -> str:
    """Return the path, or the nearest above it that can be opened."""
    while path and not is_served(path):
        path = path.rpartition("/")[0]
    return path or "/"


def is_writing(request: Request) -> bool:
    """Return whether the request sends a form, so that its address alone does not repeat it."""
    return request.method not in SAFE


def page_of(request: Request) -> str:
    """Return the path and query of the page on which the person is, or was when sending a form."""
    if not is_writing(request):
        if is_served(request.path):
            return _with_query(request.path, request.query_string.decode("ascii", "replace"))
        return nearest_page(request.path)
    # A form comes from its page. The policy `same-origin` lets browsers name it with its query.
    came_from = _split(request.referrer or "")
    if came_from.netloc == request.host and is_served(came_from.path):
        return _with_query(came_from.path, came_from.query)
    return nearest_page(request.path)


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # such as `http://[x/`: any program may send what is no address
        return urlsplit("")


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
