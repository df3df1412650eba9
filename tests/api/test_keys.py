"""The document names an Idempotency-Key for exactly those operations that take one."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.actors import a_caller
from tests.world.people import a_person
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.idempotency import service as idempotency
from zone.core.idempotency.models import StoredAnswer
from zone.members.people.models import Member
from zone.web import openapi
from zone.web.idempotency_key import HEADER

pytestmark = pytest.mark.engines("sqlite")

Document = dict[str, Any]
TOO_LONG = "x" * (idempotency.MAX_KEY_LENGTH + 1)


def writes(document: Document) -> Iterator[tuple[str, str, bool, Any]]:
    """Yield method, path, whether the document names a key, and an example of the body."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "get" or operation["tags"] == ["bridge"]:
                continue
            named = {p["name"]: p["example"] for p in operation["parameters"] if p["in"] == "path"}
            keyed = HEADER in [p["name"] for p in operation["parameters"]]
            body = (
                operation.get("requestBody", {})
                .get("content", {})
                .get("application/json", {})
                .get("example")
            )
            yield method.upper(), path.format(**named), keyed, body


def unlike_what_they_say(app: Flask) -> list[str]:
    """Return operations for which the document and the code disagree about a key."""
    client, found = a_person(app, "instructor", "desk", "manager", "admin"), []
    for method, path, keyed, body in writes(openapi.document(app)):
        if "/me/session" in path:
            continue
        answer = client.open(path, method=method, json=body, headers={HEADER: TOO_LONG})
        code = (answer.get_json(silent=True) or {}).get("code")  # a 204 has no body
        if (code == "idempotency_key_invalid") != keyed:
            found.append(f"{method} {path}: says {keyed}, {answer.status_code} {code}")
    return found


def test_the_document_names_exactly_the_operations_with_a_key(app: Flask) -> None:
    assert unlike_what_they_say(app) == []


@pytest.mark.thorough
@pytest.mark.planted_fault("keys that nobody reads")
def test_keys_that_are_not_read_fail_the_check(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MAX_KEY_LENGTH", 10_000)
    assert len(unlike_what_they_say(app)) > 3


def test_a_key_that_was_used_for_something_else_is_refused_everywhere(app: Flask) -> None:
    caller = a_caller(app, "everyone")
    with writing() as session:
        owner = session.scalars(select(Member.id).where(Member.id == caller.member_id)).one()
        session.add(
            StoredAnswer(
                actor_id=owner,
                key="used",
                digest=b"another",
                status=201,
                body={},
                created_at=utc_now(),
            )
        )
    client = app.test_client()
    name, _, value = caller.headers["Cookie"].partition("=")
    client.set_cookie(name, value)
    client.environ_base["HTTP_ORIGIN"] = caller.headers["Origin"]
    tried = [write for write in writes(openapi.document(app)) if write[2]]
    assert len(tried) > 3
    for method, path, _keyed, body in tried:
        answer = client.open(path, method=method, json=body, headers={HEADER: "used"})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_mismatch"), (
            f"{method} {path}"
        )
    with reading() as session:
        assert len(session.scalars(select(StoredAnswer)).all()) == 1
