"""A guard of the whole test run: the API answers as its document says.

Schemathesis calls each operation with ids and values that are drawn, so most answers that it
compares are refusals. The tests call nearly every operation with what it is for.
"""

import gzip
import json
import os
from typing import Any, Final

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from zone.web import openapi

COMPARED: Final = 500 if "ZONE_TEST_STRICT" in os.environ else 300
"""Answers below this status are compared. From 500 on tests break the service on purpose."""


class UndocumentedAnswerError(AssertionError):
    """The API gave an answer that its document does not describe."""


class _Document:
    """The operations by endpoint and method, and the validators that were used so far."""

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            found = openapi.document(app)
            self._operations = {
                (rule.endpoint, method): operation
                for rule, method, operation in openapi.operations(app, found)
            }
        self._components: dict[str, Any] = found["components"]
        self._validators: dict[tuple[str, str], Any] = {}

    def check(self, endpoint: str, answer: TestResponse) -> None:
        operation = self._operations.get((endpoint, answer.request.method))
        if operation is None:  # of a test's own
            return
        name, status = operation["operationId"], str(answer.status_code)
        described = operation["responses"].get(status)
        if described is None:
            raise UndocumentedAnswerError(f"{name} answers {status}: {answer.text[:300]}")
        if "$ref" in described:
            described = self._components["responses"][described["$ref"].rpartition("/")[2]]
        content = described.get("content", {})
        if not content and not answer.data:
            return
        if answer.mimetype not in content:
            raise UndocumentedAnswerError(f"{name} answers {status} as {answer.mimetype}")
        if answer.is_json:
            self._compare(name, status, content[answer.mimetype]["schema"], answer)

    def _compare(self, name: str, status: str, schema: Any, answer: TestResponse) -> None:
        if (name, status) not in self._validators:
            whole = schema | {"components": self._components}
            self._validators[name, status] = jsonschema_rs.Draft202012Validator(whole)
        for error in self._validators[name, status].iter_errors(_json_of(answer)):
            raise UndocumentedAnswerError(f"{name} answers {status}: {str(error)[:600]}")


def _json_of(answer: TestResponse) -> Any:
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(answer.data) if packed else answer.data)


_DOCUMENTS: Final[list[_Document]] = []
"""One, made at the first answer: every application of this version has the same."""


def check(app: Flask, answer: TestResponse) -> None:
    """Check an answer of an operation of the API; leave all others alone."""
    asked = answer.request
    if not asked.path.startswith(f"{openapi.PREFIX}/") or answer.status_code >= COMPARED:
        return
    try:
        endpoint, _ = app.url_map.bind("").match(asked.path, asked.method)
    except HTTPException:  # no operation
        return
    if not _DOCUMENTS:
        _DOCUMENTS.append(_Document(app))
    _DOCUMENTS[0].check(endpoint, answer)
