"""Views that are called from outside: by another service, or by a browser that one sends back.

Such a view verifies the caller itself, by a signature over the request as it came.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Request

View = TypeVar("View", bound=Callable[..., Any])

MARK: Final = "zone_called_from_outside"


def called_from_outside(view: View) -> View:
    """Let requests of other origins write by this view, which checks their signature."""
    setattr(view, MARK, True)
    return view


def is_from_outside(app: Flask, request: Request) -> bool:
    """Return whether the request's view verifies its caller; its body is then kept as it came."""
    if not getattr(app.view_functions.get(request.endpoint or ""), MARK, False):
        return False
    # Before anything reads the form: parsing it uses up the bytes that the signature is over.
    request.get_data()
    return True
