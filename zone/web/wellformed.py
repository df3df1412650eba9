"""What a request may hold: text that both databases can store, and JSON that can be read at all.

PostgreSQL refuses NUL in a text, no database can encode half of a surrogate pair, and the reader of JSON gives up on
deep nesting and on numbers of thousands of digits, each with an error of its own in the middle of the work. So such a
request ends before its view runs. What a bridge uploads is left to the wire, which sets a bad row aside and keeps the
others.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity

from zone.core.identity import Permission
from zone.web.auth import access_of

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
MOST: Final = 2**31
SHORT: Final = 500
"""Bytes: half as many as the nesting, and an eighth of the digits, that a reader of JSON refuses."""


def install(app: Flask) -> None:
    """Check every request before its view runs. Call it after the guard, which says who asks."""

    @app.before_request
    def guard() -> None:
        if (
            access_of(current_app, request.endpoint) is not Permission.BRIDGE_CALL
        ):  # read by the wire
            check(request)


def check(request: Request) -> None:
    """Let the request pass, or raise.

    Raises:
        HTTPException: 404 for the address, 422 for a text that cannot be stored, 400 for JSON that cannot be read.
    """
    if not (_storable([request.path]) and _countable(request.view_args or {})):
        raise NotFound
    if request.query_string and not _storable(_texts(request.args.to_dict(flat=False))):
        raise UnprocessableEntity
    if request.is_json:
        body = request.get_data()
        if not (_is_plain(body) or _storable(_texts_of_json(body))):
            raise UnprocessableEntity
    elif not _storable(_texts(request.form.to_dict(flat=False))):
        raise UnprocessableEntity


def _countable(values: dict[str, object]) -> bool:
    """Whether the numbers of an address are such that a database may have rows for them."""
    return all(abs(value) < MOST for value in values.values() if isinstance(value, int))


def _is_plain(body: bytes) -> bool:
    """Whether a body is too short to nest or count deeply, and has no way to write what cannot be stored.

    Most are so, and to read them once more only for this took a tenth of a short request's time.
    """
    return len(body) < SHORT and body.isascii() and b"\\u" not in body and b"\0" not in body


def _storable(texts: Iterable[str]) -> bool:
    return not any(UNSTORABLE.search(text) for text in texts)


def _texts_of_json(body: bytes) -> list[str]:
    """Every text in a body. One that is no JSON has none: whoever reads it says so."""
    try:
        return list(_texts(json.loads(body)))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return []
    except (RecursionError, ValueError) as error:
        raise BadRequest from error


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
