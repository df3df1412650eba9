"""What was typed into a form whose session had ended: kept while its person signs in, then shown.

Theory of operation. The page that asks to sign in again carries the fields of the refused form in
one hidden field, and so does each page of signing in. Nothing is stored on the server. After
signing in, one button sends the fields to where they were meant for, with the field `again`: then
the view shows its form with them, and does nothing. Only views that can do that are marked; for
the others the way leads back to their page, because what they need is one tap and no typing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask, Request, current_app
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

View = TypeVar("View", bound=Callable[..., Any])

FIELD: Final = "kept"
"""The hidden field that carries a form through the pages of signing in."""
AGAIN: Final = "again"
"""The field with which a view only shows its form."""
MOST_LETTERS: Final = 200_000
"""More than the longest survey; a form with more is not kept."""
_MARK: Final = "zone_shows_again"
_OWN: Final = frozenset({"csrf_token", "key", FIELD, AGAIN})
"""What belongs to the form as it was shown. No marked view takes a password."""
_SECRET: Final = frozenset({"password", "current"})


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form: the path that it was sent to, and its fields in their order."""

    path: str
    fields: Sequence[tuple[str, str]]

    @property
    def text(self) -> str:
        """The form as the hidden field carries it."""
        return json.dumps([self.path, self.fields], ensure_ascii=False, separators=(",", ":"))


def shows_again(view: View) -> View:
    """Mark a view that, with the field `again`, shows its form and does nothing else."""
    setattr(view, _MARK, True)
    return view


def can_show(app: Flask, endpoint: str | None) -> bool:
    """Whether the view of an endpoint is marked."""
    return hasattr(app.view_functions.get(endpoint or ""), _MARK)


def is_shown_again(request: Request) -> bool:
    """Whether this request only asks for its form with what was typed."""
    return AGAIN in request.form


def not_stored_yet() -> str:
    """Return what is said beside a form that is shown again."""
    said: str = _(
        "You had been signed out, so this is not stored yet. Look at it, and send it again."
    )
    return said


def of_request(app: Flask, request: Request) -> KeptForm | None:
    """Return the form of a request whose person has to sign in first; None: nothing to keep."""
    if request.method != "POST" or not can_show(app, request.endpoint):
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in _OWN]
    kept = KeptForm(request.path, fields)
    return kept if fields and len(kept.text) <= MOST_LETTERS else None


def to_send_again(request: Request) -> KeptForm | None:
    """Return a form that was not taken, with all that belongs to it; None: nothing to keep.

    The request comes from our own pages. Sent again, it is the same request with the same key.
    """
    files_or_json = request.mimetype != "application/x-www-form-urlencoded"
    # A password is typed once more: it has no place on a page.
    if files_or_json or _SECRET & request.form.keys():
        return None
    query = request.query_string.decode("ascii", "replace")
    path = f"{request.path}?{query}" if query else request.path
    kept = KeptForm(path, list(request.form.items(multi=True)))
    return kept if len(kept.text) <= MOST_LETTERS else None


def from_text(text: str) -> KeptForm | None:
    """Return the form in a hidden field; None where it holds none, or was written by hand."""
    try:
        path, fields = json.loads(text)
        kept = KeptForm(str(path), [(str(name), str(value)) for name, value in fields])
        endpoint, _values = current_app.url_map.bind("").match(kept.path, method="POST")
    except (ValueError, TypeError, RecursionError, HTTPException):
        return None
    return kept if can_show(current_app, endpoint) else None
