"""Bad input to any operation gets a typed refusal in the person's language, and stores nothing."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.api.test_document import resolved
from tests.world.people import a_person
from zone.core.db.transactions import reading
from zone.core.db.types import Base
from zone.core.errors import CATALOGUE
from zone.web import blueprint, openapi
from zone.web.problems import PROBLEM_JSON

Document = dict[str, Any]
BRIDGES = ["bridge"]
"""The tag of the operations of bridges, whose input firmware_bridge.wire parses."""

COUNTED_ANYWAY = {"tries"}
"""Tables that count attempts, also refused ones."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A bad request and the statuses that may answer it."""

    what: str
    body: bytes
    status: frozenset[int]
    content_type: str = "application/json"


@pytest.fixture
def everyone(app: Flask) -> FlaskClient:
    """Return a browser of a person with every role, who reads Finnish."""
    return a_person(app, "instructor", "desk", "manager", "admin")


@pytest.fixture
def document(app: Flask) -> Document:
    return openapi.document(app)


def writes(document: Document) -> Iterator[tuple[str, str, Document, Any]]:
    """Yield method, path, schema and example of the body of every operation that takes one."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "requestBody" not in operation or operation["tags"] == BRIDGES:
                continue
            media = operation["requestBody"]["content"]["application/json"]
            named = {p["name"]: p["example"] for p in operation["parameters"] if p["in"] == "path"}
            yield (
                method,
                path.format(**named),
                resolved(document, media["schema"]),
                media["example"],
            )


def mangled(example: Any, schema: Document) -> Iterator[Attack]:
    """Yield bad requests that every operation with a JSON body must refuse."""
    plain = json.dumps(example).encode()
    yield Attack("invalid UTF-8", b'{"a": "\xff"}', frozenset({400}))
    yield Attack("half a body", plain[:-1], frozenset({400}))
    yield Attack("a name twice", plain[:-1] + b', "x": 1, "x": 2}', frozenset({400}))
    yield Attack("not a number", b'{"a": NaN}', frozenset({400}))
    yield Attack("nested deep", b"[" * 100_000, frozenset({400}))
    yield Attack("digits without end", b'{"a": ' + b"9" * 5000 + b"}", frozenset({400}))
    yield Attack("more than 1 MB", b'{"a": "' + b"x" * 1_000_001 + b'"}', frozenset({413}))
    yield Attack("not JSON", plain, frozenset({415}), "text/plain")
    yield Attack("a form", plain, frozenset({415}), "application/x-www-form-urlencoded")
    yield Attack("UTF-16", plain.decode().encode("utf-16"), frozenset({400}))
    yield Attack("a list", b"[]", frozenset({400, 422}))
    yield Attack("null", b"null", frozenset({400, 422}))
    yield Attack("a NUL", json.dumps({**example, "x": "\0"}).encode(), frozenset({422}))
    yield from _mangled_fields(example, schema)


def _mangled_fields(example: Any, schema: Document) -> Iterator[Attack]:
    for name, part in schema["properties"].items():
        for value in _bad_values(part):
            changed = {**deepcopy(example), name: value}
            yield Attack(
                f"{name}: {value!r}"[:60], json.dumps(changed).encode(), frozenset({400, 422})
            )
    if schema.get("additionalProperties") is False:
        yield Attack(
            "a surplus field", json.dumps({**example, "surplus": 1}).encode(), frozenset({400, 422})
        )


def _bad_values(part: Document) -> Iterator[Any]:
    kinds = part.get("type", "")
    kinds = set(kinds) if isinstance(kinds, list) else {kinds}
    if kinds & {"integer", "boolean"}:
        yield from ("5", 10**30, 1.5)
    if part.get("format") in ("date", "date-time"):
        late = {"date": "9999-12-31", "date-time": "9999-12-31T23:59:59Z"}[part["format"]]
        yield from (late, late.replace("9999-12-31", "0001-01-01"), "tomorrow", 20260901)
    if "string" in kinds:
        yield from (5, ["x"], {})


def rows() -> dict[str, int]:
    """Return the number of rows of each table."""
    with reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in COUNTED_ANYWAY
        }


def let_through(client: FlaskClient, document: Document) -> list[str]:
    """Return the bad requests that were not refused as they should be."""
    wrong = []
    for method, path, schema, example in writes(document):
        for attack in mangled(example, schema):
            answer = client.open(
                path, method=method, data=attack.body, content_type=attack.content_type
            )
            if answer.status_code not in attack.status or not _is_typed(
                answer.content_type, answer.json
            ):
                wrong.append(
                    f"{method} {path}: {attack.what}: {answer.status_code}"
                    f" {(answer.json or {}).get('code')}"
                )
    return wrong


def _is_typed(content_type: str | None, body: Any) -> bool:
    """Whether the answer is a problem with a code of the catalogue and its Finnish sentence."""
    code = CATALOGUE.get(str((body or {}).get("code")))
    if content_type != PROBLEM_JSON or code is None:
        return False
    opening = code.text_as_written("fi").partition("{")[0]
    return bool(body["detail"].startswith(opening)) and bool(body["reasons"])


def check_nothing_bad_gets_through(client: FlaskClient, document: Document) -> None:
    """Check that every bad request to every operation is refused and stores no row."""
    before = rows()
    assert let_through(client, document) == []
    assert rows() == before


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_nothing_bad_gets_through(everyone: FlaskClient, document: Document) -> None:
    assert len(list(writes(document))) > 25, "the walk saw the whole API"
    check_nothing_bad_gets_through(everyone, document)


def with_few_operations(document: Document) -> Document:
    """Return the document with three addresses: a fault in how bodies are read is in each."""
    few = {
        path: item
        for path, item in document["paths"].items()
        if any("requestBody" in one and one["tags"] != BRIDGES for one in item.values())
    }
    return {**document, "paths": dict(islice(few.items(), 3))}


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("an api that guesses types")
def test_an_api_that_guesses_types_fails_the_check(
    everyone: FlaskClient, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blueprint, "reading_json", lambda _is_json: nullcontext())
    with pytest.raises(AssertionError):
        check_nothing_bad_gets_through(everyone, with_few_operations(document))


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("an api that takes the last of two")
def test_an_api_that_takes_the_last_of_two_fails_the_check(
    everyone: FlaskClient, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blueprint, "_each_once", dict)
    with pytest.raises(AssertionError):
        check_nothing_bad_gets_through(everyone, with_few_operations(document))


@pytest.mark.parametrize(
    "path", ["/api/v1/targets/99999999999999999999", "/api/v1/targets/4294967296"]
)
def test_a_number_that_no_database_holds_is_not_found(everyone: FlaskClient, path: str) -> None:
    assert everyone.get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["from=9999-12-31", "from=0001-01-01&to=0001-01-02", "to=%00", "from=yesterday"]
)
def test_a_query_out_of_bounds_is_refused(everyone: FlaskClient, query: str) -> None:
    answer = everyone.get(f"/api/v1/sessions?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")


def test_an_address_used_in_a_wrong_way_says_how_it_can_be(everyone: FlaskClient) -> None:
    answer = everyone.put("/api/v1/bookings", json={})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "Allow" not in answer.get_json()["detail"], "people read it too"
