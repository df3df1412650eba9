"""The refusals in the API's document: which codes an operation may answer, and how each reads.

What any operation of its form may answer is read from its address and its permission; the rest
stands at its view (`@refuses`).
"""

from collections.abc import Iterator
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from zone.core import identity
from zone.core.errors import CATALOGUE, NOT_FOUND, ErrorCode
from zone.core.rate_limit import service as rate_limit
from zone.web import auth, problems
from zone.web.csrf import CROSS_ORIGIN, SAFE

PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457. `detail` is in the reader's language and says what to do next.",
    "required": ["type", "title", "status", "code", "detail", "reasons"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is explained"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "reasons": {
            "type": "array",
            "description": "Every reason found; the first is the main one",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {"code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "request_id": {
            "type": "string",
            "description": "By this the service finds the request in its logs",
        },
        "fields": {
            "type": "object",
            "description": "With invalid_input: what is wrong, by place and field",
        },
        "retry_after": {"type": "integer", "description": "Seconds to wait"},
    },
}


def standard(app: Flask, rule: Rule, method: str, operation: dict[str, Any]) -> Iterator[ErrorCode]:
    """What any operation of this form may answer."""
    # Public ones too: sign_in_needed answers a token that has ended.
    yield from (identity.SCOPE_MISSING, identity.SIGN_IN_NEEDED)
    yield from (problems.INVALID_INPUT, problems.BUSY, problems.DISK_FULL)
    # Whatever is asked: of a Host that cannot be a name.
    yield problems.BAD_REQUEST
    access = auth.access_of(app, rule.endpoint)
    if not auth.is_open_to_guests(access):
        yield identity.FORBIDDEN
    if auth.scope_of(app, rule.endpoint):
        yield rate_limit.TOO_MANY_REQUESTS
    if rule.arguments:
        yield NOT_FOUND
    if method not in SAFE:
        yield problems.TOO_LARGE
        if access is not identity.Permission.BRIDGE_CALL:
            yield CROSS_ORIGIN
    if "requestBody" in operation:
        yield problems.UNSUPPORTED_MEDIA_TYPE


def response(status: int, codes: set[str], components: dict[str, Any]) -> dict[str, Any]:
    """A reference to the response with exactly these codes; operations that may answer the same
    share it.
    """
    names = sorted(codes)
    key = f"{status}-" + "-".join(names)
    if key not in components["responses"]:
        components["responses"][key] = _problems(status, [CATALOGUE[name] for name in names])
    return {"$ref": f"#/components/responses/{key}"}


def _problems(status: int, codes: list[ErrorCode]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": " · ".join(f"`{code.code}`: {code.english}" for code in codes),
        "x-problem-codes": [code.code for code in codes],
        "content": {
            problems.PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code.code: {"value": _problem(code)} for code in codes},
            }
        },
    }
    if status in (429, 503):
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return response


def _problem(code: ErrorCode) -> dict[str, Any]:
    """As it reads in English; what depends on the case stays in braces."""
    return {
        "type": f"/docs/problems#{code.code}",
        "title": problems.title_of(code),
        "status": code.status,
        "code": code.code,
        "detail": code.english,
        "reasons": [{"code": code.code, "detail": code.english}],
    }
