"""Refuse requests with text that no database can store, or with JSON that cannot be read.

PostgreSQL refuses NUL in a text; no database can encode half of a surrogate pair; Python's JSON
reader fails on deep nesting and on numbers of thousands of digits. Each would be an error in the
middle of a view, so such a request ends before its view runs.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Flask, Request
from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity

from zone.core.identity import Permission
from zone.web.auth import access_of
from zone.web.blueprint import LANGUAGE, TAKES_QUERY

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
MOST: Final = 2**31
# Bytes: half the nesting depth (1000) and an eighth of the digits (4300) at which the JSON reader
# fails.
SHORT: Final = 500


def guard(app: Flask, request: Request) -> None:
    """Check a request before its view runs."""
    # firmware_bridge.wire reads what a bridge uploads: it sets a bad row aside, keeps others.
    if access_of(app, request.endpoint) is not Permission.BRIDGE_CALL:
        check(request)
        if request.query_string:
            check_query(app, request)


def check_query(app: Flask, request: Request) -> None:
    """Refuse every name in the query of an operation that reads no query.

    Of one that does, its schema refuses the names that it does not know. A page is not checked:
    others add names to the links that lead to it.

    Raises:
        HTTPException: 422.
    """
    blueprint = app.blueprints.get((request.endpoint or "").rpartition(".")[0])
    view = app.view_functions.get(request.endpoint or "")
    if not hasattr(blueprint, "tag") or getattr(view, TAKES_QUERY, False):
        return
    unknown = {name: ["Unknown field."] for name in request.args if name != LANGUAGE}
    if unknown:
        refusal = UnprocessableEntity()
        refusal.data = {"messages": {"query": unknown}}  # type: ignore[attr-defined]  # as webargs
        raise refusal


def check(request: Request) -> None:
    """Let the request pass, or raise.

    Raises:
        HTTPException: 404 for the address, 422 for a text that cannot be stored, 400 for JSON that
            cannot be read.
    """
    if not (_storable([request.path]) and _countable(request.view_args or {})):
        raise NotFound
    if request.query_string and not _storable(_texts(request.args.to_dict(flat=False))):
        raise UnprocessableEntity
    # Kept before a form is read from it: the API's parser finds what was sent, and refuses a form.
    body = request.get_data()
    if request.is_json:
        if not (_is_plain(body) or _storable(_texts_of_json(body))):
            raise UnprocessableEntity
    elif not _storable(_texts(request.form.to_dict(flat=False))):
        raise UnprocessableEntity


def _countable(values: dict[str, object]) -> bool:
    """Whether the numbers of an address fit a column of 32 bits."""
    return all(abs(value) < MOST for value in values.values() if isinstance(value, int))


def _is_plain(body: bytes) -> bool:
    """Whether a body is too short for deep nesting and holds no text that cannot be stored."""
    # Most bodies are plain. Parsing them here as well took a tenth of a short request's time.
    return len(body) < SHORT and body.isascii() and b"\\u" not in body and b"\0" not in body


def _storable(texts: Iterable[str]) -> bool:
    return not any(UNSTORABLE.search(text) for text in texts)


def _texts_of_json(body: bytes) -> list[str]:
    """Return every text in a body; none where it is not JSON, which its reader will report."""
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
