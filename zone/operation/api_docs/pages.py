"""The OpenAPI document, the page that shows it, and the page of problem codes."""

import json
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, render_template

from zone.core.errors import CATALOGUE, NOT_FOUND, DomainError
from zone.web import openapi
from zone.web.auth import public
from zone.web.language import language
from zone.web.problems import title_of

pages: Final = Blueprint("operation_api_docs_pages", __name__, template_folder="templates")


@pages.get("/api/v1/openapi.json")
@public
def openapi_json() -> Response:
    """The OpenAPI 3.1 document."""
    return Response(_text(_app()), mimetype="application/json")


@pages.get("/api/docs")
@public
def api_docs() -> str:
    """The parts of the API, with their operations; a page for each part describes these."""
    document = _document(_app())
    return render_template(
        "operation/api_docs/api.html", document=document, groups=_groups(document)
    )


@pages.get("/api/docs/<part>")
@public
def api_part(part: str) -> str:
    """The operations of a part: who may call them, their parameters and their answers."""
    groups = _groups(_document(_app()))
    found = next(((tag, rows) for tag, rows in groups if tag["name"] == part and rows), None)
    if found is None:
        raise DomainError(NOT_FOUND)
    return render_template("operation/api_docs/part.html", tag=found[0], rows=found[1])


@pages.get("/docs/problems")
@public
def problem_list() -> str:
    """Every code with its sentence in the reader's language."""
    codes = [
        (code, title_of(code), code.text_as_written(language()))
        for _, code in sorted(CATALOGUE.items())
    ]
    return render_template("operation/api_docs/problems.html", codes=codes)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # of werkzeug's proxy
    return app


@lru_cache(maxsize=4)
def _text(app: Flask) -> str:
    return openapi.text_of(app)


@lru_cache(maxsize=4)
def _document(app: Flask) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_text(app))
    return document


def _groups(document: dict[str, Any]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the tags, each with its operations in the order of their paths."""
    rows = [
        {
            "method": method.upper(),
            "path": path,
            **operation,
            "answers": list(_answers(operation, document)),
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    ]
    return [(tag, [row for row in rows if tag["name"] in row["tags"]]) for tag in document["tags"]]


def _answers(
    operation: dict[str, Any], document: dict[str, Any]
) -> list[tuple[str, list[str], str]]:
    """Return status, problem codes and example of each answer."""
    rows = []
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]  # noqa: PLW2901 -- resolved
        example = answer.get("content", {}).get("application/json", {}).get("example")
        shown = "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
        rows.append((status, answer.get("x-problem-codes", []), shown))
    return rows
