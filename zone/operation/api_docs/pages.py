"""The API document for programs and as a page, and the page of all problem codes."""

import json
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, render_template

from zone.core.errors import CATALOGUE
from zone.web import openapi
from zone.web.auth import public
from zone.web.language import language
from zone.web.problems import title_of

pages: Final = Blueprint("operation_api_docs_pages", __name__, template_folder="templates")


@pages.get("/api/v1/openapi.json")
@public
def openapi_json() -> Response:
    """The document, OpenAPI 3.1."""
    return Response(_text(_app()), mimetype="application/json")


@pages.get("/api/docs")
@public
def api_docs() -> str:
    """The document to read: every operation, who may call it, what it takes and what it answers."""
    found = _document(_app())
    return render_template("operation/api_docs/api.html", document=found, groups=_groups(found))


@pages.get("/docs/problems")
@public
def problem_list() -> str:
    """Every code with its sentence in the reader's language."""
    chosen = language()
    listed = [
        (code, title_of(code), code.text_as_written(chosen))
        for _, code in sorted(CATALOGUE.items())
    ]
    return render_template("operation/api_docs/problems.html", codes=listed)


def _app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # of werkzeug's proxy
    return found


@lru_cache(maxsize=4)
def _text(app: Flask) -> str:
    return openapi.text_of(app)


@lru_cache(maxsize=4)
def _document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text(app))
    return found


def _groups(found: dict[str, Any]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The tags with their operations, by address."""
    rows = [
        {
            "method": method.upper(),
            "path": path,
            **operation,
            "answers": list(_answers(operation, found)),
        }
        for path, item in found["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    ]
    return [(tag, [row for row in rows if tag["name"] in row["tags"]]) for tag in found["tags"]]


def _answers(operation: dict[str, Any], found: dict[str, Any]) -> list[tuple[str, list[str], str]]:
    """Status, problem codes, and an example where the answer is a success."""
    rows = []
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            answer = found["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]  # noqa: PLW2901 -- resolved
        example = answer.get("content", {}).get("application/json", {}).get("example")
        shown = "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
        rows.append((status, answer.get("x-problem-codes", []), shown))
    return rows
