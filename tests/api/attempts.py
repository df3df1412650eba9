"""Let schemathesis call the operations of the API, with valid and with invalid input."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from flask import Flask, Response, request
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.transport.wsgi import WSGITransport
from sqlalchemy import Uuid, select, text
from sqlalchemy.orm import Session

from tests.world.actors import Caller
from zone.booking.activities.rules import SESSION_KINDS
from zone.booking.allocations.models import Allocation
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.db.types import Base
from zone.web.openapi import PREFIX

SEVERAL: Final = "several in a row"
"""Stands for an operation where one is called with what another answered."""

SEED: Final = 20_260_901
SOCKETS: Final = frozenset({"max_redirects", "verify", "cert", "proxies"})
ALIVE: Final = (
    "UPDATE sign_in_session SET revoked_at = NULL",
    "UPDATE api_token SET revoked_at = NULL",
    "UPDATE bridge SET revoked_at = NULL",
    "DELETE FROM service_profile",  # without a seller nothing is sold, which is a 503
)
"""What undoes an operation by which a caller ends its own session, or the shop."""


@dataclass(frozen=True, slots=True)
class Found:
    """Faults by operation and check, with the request; answers by operation and status."""

    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    answers: dict[str, Counter[int]] = field(default_factory=dict)

    def requests(self) -> int:
        return sum(counter.total() for counter in self.answers.values())

    def succeeded(self) -> set[str]:
        """Return the operations that succeeded at least once."""
        return {
            label
            for label, answers in self.answers.items()
            if any(200 <= status < 300 for status in answers)
        }


def attempt(
    app: Flask,
    caller: Caller,
    *,
    thorough: bool,
    only: str | None = None,
    most: int = 3,
    known: bool = False,
) -> Found:
    """Call every operation, or the one with operationId `only`, with every check of schemathesis.

    `thorough` adds each boundary of each field, and values beyond it, to examples and random
    values. `known`: each id is one of the database, not every second.
    """
    config = SchemathesisConfig.from_dict(_settings(caller, thorough=thorough, most=most))
    found = Found()
    with _kept_alive(app), pytest.MonkeyPatch.context() as patch:
        _mend_transport(patch)
        schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app, config=config)
        _aim(schema, caller.member_id, always=known)
        for event in from_schema(_only(schema, only) if only else schema).execute():
            _note(event, found)
    return found


def _only(schema: Any, operation_id: str) -> Any:
    # `include` would add to what "operations" in the settings includes, which is everything.
    return schema.exclude(
        lambda context: context.operation.definition.raw["operationId"] != operation_id
    )


def _settings(caller: Caller, *, thorough: bool, most: int) -> dict[str, Any]:
    return {
        "seed": SEED,
        "headers": {
            name: value
            for name, value in caller.headers.items()
            if name not in ("Cookie", "Authorization")
        }
        | {
            "Accept-Encoding": "identity"
        },  # its WSGI client says that it accepts gzip, and does not
        "auth": {"openapi": _credentials(caller)},
        "generation": {
            "max-examples": most,
            "deterministic": True,
            "database": "none",
            "no-shrink": True,
            "with-security-parameters": False,
        },
        "checks": {
            # A well-formed request may meet a rule of the service (422 with a code of its own);
            # `taken_as_sent` says which refusals it may not meet.
            "positive_data_acceptance": {"enabled": False},
        },
        "operations": [
            # A bad row of an upload is set aside and reported; the other rows are stored.
            {
                "include-operation-id": "bridge_upload",
                "checks": {"negative_data_rejection": {"enabled": False}},
            }
        ],
        # Values from our own sources: to read all of them takes 1 s of CPU for each attempt.
        "analysis": {"constants": {"enabled": thorough}},
        "phases": {"coverage": {"enabled": thorough}, "stateful": {"enabled": thorough}},
    }


def _credentials(caller: Caller) -> dict[str, dict[str, str]]:
    if "Cookie" in caller.headers:
        return {"session": {"api_key": caller.headers["Cookie"].partition("=")[2]}}
    bearer = caller.headers["Authorization"].removeprefix("Bearer ")
    return {"token" if bearer.startswith("zt_") else "bridge": {"bearer": bearer}}


@contextmanager
def _kept_alive(app: Flask) -> Iterator[None]:
    """Restore the caller's session or token, and the seller, after each write."""

    def undo(response: Response) -> Response:
        if request.method in ("DELETE", "POST", "PUT") and response.status_code < 300:
            with writing() as session:
                for statement in ALIVE:
                    session.execute(text(statement))
        return response

    listeners = app.after_request_funcs.setdefault(None, [])
    listeners.append(undo)
    yield
    listeners.remove(undo)


def _mend_transport(patch: pytest.MonkeyPatch) -> None:
    """Remove settings of sockets that schemathesis 4.32 passes to the WSGI client in one probe."""
    send = WSGITransport.send

    def mended(self: WSGITransport, case: Any, **rest: Any) -> Any:
        if rest.get("session") is None:
            rest = {name: value for name, value in rest.items() if name not in SOCKETS}
        return send(self, case, **rest)

    patch.setattr(WSGITransport, "send", mended)


@schemathesis.check
def taken_as_sent(_ctx: Any, response: Any, case: Any) -> None:
    """Check that input which the document allows is not refused for its form."""
    negative = case.meta is None or case.meta.generation.mode.is_negative
    if not negative and response.status_code in (400, 415):
        raise AssertionError(
            f"{response.status_code} for a request that the document allows: {response.text}"
        )


def _aim(schema: Any, member_id: int | None, *, always: bool) -> None:
    """Replace every second id by one in the database, so that operations find their objects."""
    known = _known_ids(member_id)

    def aimed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: aimed_at(name, item) for name, item in value.items()}
        return value

    def aimed_at(name: str, value: Any) -> Any:
        ids = known.get(name, known.get(name.removesuffix("_id"), ()))
        if not ids or not _is_uuid(value):
            return aimed(value)
        chosen = int(uuid.UUID(value)) // 2 % len(ids)
        return ids[chosen] if always or int(uuid.UUID(value)) % 2 else value

    @schema.hook  # type: ignore[untyped-decorator]  # schemathesis left it untyped
    def map_path_parameters(_ctx: Any, path_parameters: Any) -> Any:
        return aimed(path_parameters)

    @schema.hook  # type: ignore[untyped-decorator]  # schemathesis left it untyped
    def map_body(_ctx: Any, body: Any) -> Any:
        return aimed(body)


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


ALIASES: Final = {
    "class": "session_rule",
    "class_session": "session",
    "draft": "survey_draft",
    "entry": "queue_entry",
    "instructor": "member",
    "mail": "outbox",
    "mark": "attendance_mark",
    "order": "orders",
    "person": "member",
    "token": "api_token",
}
"""Name of a thing in the API → table of its rows."""
OWN, OTHERS = 15, 5
"""How many ids of the caller's own rows are known, and how many of others."""


def _known_ids(member_id: int | None) -> dict[str, list[str]]:
    """Return name in the API → some public ids of its rows; most of them the caller's own."""
    with writing() as session:
        found = {
            name: _ids_of(session, name, member_id)
            for name, table in Base.metadata.tables.items()
            if "public_id" in table.c and isinstance(table.c.public_id.type, Uuid)
        }
        # A session and a block have their ids in the table that both rest on.
        found["session"] = _coming(session, Allocation.kind.in_(SESSION_KINDS))
        found["block"] = _coming(session, Allocation.kind == "block")
    return found | {alias: found.get(name, []) for alias, name in ALIASES.items()}


def _ids_of(session: Session, table: str, member_id: int | None) -> list[str]:
    columns = Base.metadata.tables[table].c
    query = select(columns.public_id)
    if "member_id" not in columns:
        return _first(session, query.order_by(columns.public_id), OWN + OTHERS)
    newest = query.order_by(columns.id.desc())
    own = _first(session, newest.where(columns.member_id == member_id), OWN)
    return own + _first(session, newest.where(columns.member_id != member_id), OTHERS)


def _coming(session: Session, condition: Any) -> list[str]:
    query = select(Allocation.public_id).where(condition, Allocation.starts_at > utc_now())
    return _first(session, query.order_by(Allocation.id.desc()), OWN + OTHERS)


def _first(session: Session, query: Any, most: int) -> list[str]:
    return [str(value) for value in session.scalars(query.limit(most))]


def _note(event: events.EngineEvent, found: Found) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        found.faults["the attempt itself", str(getattr(event, "label", ""))] = str(
            getattr(event, "value", None) or getattr(event, "exception", None)
        )
    if not isinstance(event, events.ScenarioFinished):
        return
    label = event.label or SEVERAL
    answers = found.answers.setdefault(label, Counter())
    for case_id, interaction in event.recorder.interactions.items():
        if interaction.response is not None:
            answers[interaction.response.status_code] += 1
        for check in event.recorder.checks.get(case_id, ()):
            if check.failure_info is not None:
                sent = interaction.request
                failure = check.failure_info.failure
                found.faults.setdefault(
                    (label, check.name),
                    f"{failure.title} {failure.message}\n{sent.method} {sent.uri} {sent.body!r}"[
                        :1000
                    ],
                )
