"""Run the work of a request or a form once for the key that it carries."""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.idempotency import service as idempotency
from zone.web.auth import current_actor

HEADER: Final = "Idempotency-Key"


def answer_once(status: int, work: Callable[[Session], dict[str, Any]]) -> Response:
    """Do the work of this API request in one transaction, once for its Idempotency-Key."""
    kept, body = run_once(status, work)
    response = jsonify(body)
    response.status_code = kept
    return response


def run_once(status: int, work: Callable[[Session], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """As `answer_once`; return status and body, for a view that adds to them after the commit."""
    with writing() as session:
        return idempotency.run_once(
            session,
            actor_id=current_actor().id,
            key=request.headers.get(HEADER),
            request_body=request.get_data(),
            path=request.path,
            now=utc_now(),
            work=lambda: (status, work(session)),
        )


def submit_once(typed: object, work: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """Do the work of this form in one transaction, once for the `key` that the form carries.

    `typed` is what was submitted: the same key with other data is refused.
    """
    with writing() as session:
        _, kept = idempotency.run_once(
            session,
            actor_id=current_actor().id,
            key=request.form.get("key") or None,
            request_body=repr(typed).encode(),
            path=request.path,
            now=utc_now(),
            work=lambda: (303, work(session)),
        )
    return kept
