"""Errors as RFC 9457 problems for programs and as a page for people: a code and what to do next."""

import json
import sqlite3
from typing import Any, Final

from flask import Flask, Request, Response, current_app, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadHost, HTTPException

from zone.core.disk import is_disk_full
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode, declare
from zone.core.safe_error import describe_with_traceback, headline
from zone.web.context import request_id
from zone.web.error_page import error_page
from zone.web.field_messages import in_language
from zone.web.language import language
from zone.web.service_profile import use_last_profile

PROBLEM_JSON: Final = "application/problem+json"
RETRY_SECONDS: Final = 1
RETRY_ON_FULL_DISK: Final = 300
"""Seconds: somebody has to make room first."""

INVALID_INPUT = declare(
    "invalid_input",
    422,
    "Some of it needs another look. Correct the marked fields and send it again.",
)
BAD_REQUEST = declare(
    "bad_request",
    400,
    "The request could not be read. Check its form and send it again.",
)
METHOD_NOT_ALLOWED = declare(
    "method_not_allowed",
    405,
    "This address cannot be used in this way. Go to the start page, and do it from there.",
)
TOO_LARGE = declare(
    "too_large",
    413,
    "What you sent is too large. At most 1 MB at a time.",
)
UNSUPPORTED_MEDIA_TYPE = declare(
    "unsupported_media_type",
    415,
    "Send the data as JSON.",
)
BUSY = declare(
    "busy",
    503,
    "The service is crowded right now. Try again in a moment; nothing was stored.",
)
DISK_FULL = declare(
    "disk_full",
    503,
    "The service's disk is full, so nothing was stored. Tell the desk, and try again later.",
)
INTERNAL_ERROR = declare(
    "internal_error",
    500,
    "Something went wrong on our side and was logged. Try again; if it happens again, tell the "
    "desk.",
)
# A problem is a tree, so a search for cycles, a fifth of the time, would find none.
_JSON: Final = json.JSONEncoder(check_circular=False)
_BY_STATUS: Final = {
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    415: UNSUPPORTED_MEDIA_TYPE,
    422: INVALID_INPUT,
    503: BUSY,
}


def install(app: Flask) -> None:
    """Answer every error in the same shape."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(Exception, _internal)


def _domain(error: DomainError) -> Response:
    return answer(error.reasons, error.params, error.extra)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = _BY_STATUS.get(status, BAD_REQUEST if status < 500 else INTERNAL_ERROR)
    extra: dict[str, Any] = {}
    fields = (
        getattr(error, "data", {}).get("messages")
        if isinstance(getattr(error, "data", None), dict)
        else None
    )
    if fields:
        extra["fields"] = in_language(fields, language())
    response = answer((code,), {}, extra, status=status)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        value = error.get_response().headers.get(name)
        if value:
            response.headers[name] = value
    return response


def _database(error: DBAPIError) -> Response:
    if is_disk_full(error):
        return _disk_full(error)
    # SQLite calls operational what PostgreSQL calls a fault of the statement, such as a column that
    # does not exist: it fails at each try.
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return _internal(error)
    current_app.logger.warning("database: %s", headline(error))
    return _busy(error)


def _busy(_error: Exception) -> Response:
    return answer((BUSY,), {}, {})


def _disk_full(error: Exception) -> Response:
    current_app.logger.error("the disk is full: %s", headline(error))
    return answer((DISK_FULL,), {}, {"retry_after": RETRY_ON_FULL_DISK})


def _internal(error: Exception) -> Response:
    if is_disk_full(error):
        return _disk_full(error)
    current_app.logger.error("unexpected error: %s", describe_with_traceback(error))
    return answer((INTERNAL_ERROR,), {}, {})


def answer(
    reasons: tuple[ErrorCode, ...],
    params: dict[str, Any],
    extra: dict[str, Any],
    status: int | None = None,
) -> Response:
    """Answer with a problem document, or with a page when a browser asks for HTML."""
    body = problem(reasons, params, extra, language(), status)
    wait = extra.get("retry_after", RETRY_SECONDS if body["status"] == 503 else None)
    reloads = None
    # Under a name that cannot be one no address can be built, and so no page.
    if wants_page() and not isinstance(request.routing_exception, BadHost):
        if body["status"] >= 500:
            use_last_profile()
        details = [reason["detail"] for reason in body["reasons"]]
        page = error_page(reasons[0], body["status"], details, request, wait)
        reloads = page.reloads_after
        text, kind = render_template("web/problem.html", page=page), "text/html"
    else:
        text, kind = _JSON.encode(body), PROBLEM_JSON
    response = Response(text, body["status"], headers={"Cache-Control": "no-store"}, mimetype=kind)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    if reloads is not None:
        # Works without a script, and as well as the element <meta>.
        response.headers["Refresh"] = str(reloads)
    return response


def problem(
    reasons: tuple[ErrorCode, ...],
    params: dict[str, Any],
    extra: dict[str, Any],
    lang: str,
    status: int | None = None,
) -> dict[str, Any]:
    """Return the RFC 9457 members with every reason; the first reason is the main one."""
    main = reasons[0]
    listed = [{"code": reason.code, "detail": reason.text(lang, params)} for reason in reasons]
    return {
        "type": f"/docs/problems#{main.code}",
        "title": title_of(main),
        "status": status or main.status,
        "code": main.code,
        "detail": listed[0]["detail"],
        "reasons": listed,
        "request_id": request_id(),
        **extra,
    }


def refusal_messages(refusal: DomainError | None) -> list[str]:
    """Return every reason of a refusal in the language of the request, the main one first."""
    return (
        [reason.text(language(), refusal.params) for reason in refusal.reasons] if refusal else []
    )


def title_of(code: ErrorCode) -> str:
    """Return a short name of the code, the same in every language."""
    return code.code.replace("_", " ").capitalize()


def is_api(request: Request) -> bool:
    """Return whether the request is for the API, whose readers are programs."""
    return request.path.startswith("/api/")


def wants_page() -> bool:
    """Return whether the request asks for a page rather than for JSON."""
    if is_api(request) or not request.accept_mimetypes.accept_html:
        return False
    return request.accept_mimetypes.quality("text/html") > request.accept_mimetypes.quality(
        "application/json"
    )
