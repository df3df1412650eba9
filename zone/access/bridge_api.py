"""What bridges call, parsed by the wire. A refusal at a door is data; 4xx means that the bridge is wrong."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from firmware_bridge.wire import entries as wire
from firmware_bridge.wire import fields
from zone.access import alarms, bridges, feed, intake, schemas, visits
from zone.access.errors import MESSAGE_INVALID
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.db import reading, writing
from zone.faults import account
from zone.http import problems, rate_limit
from zone.http.auth import current_actor, public, require
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings

api = Blueprint("bridge", __name__, tag="bridge")

log = logging.getLogger(__name__)
SIGN_ONS: Final = rate_limit.Limit("bridge-sign-on", 120, bridges.TOKEN_LIVES)
"""Tries per client address: bridges of several sites may share one, and each signs on every 15 minutes."""


@api.errorhandler(fields.MessageError)
def unreadable(error: fields.MessageError) -> Response:
    """The envelope of a message is not of the agreed shape; single rows never are the reason."""
    return problems.answer((MESSAGE_INVALID,), {"what": str(error)}, {})


@api.post("/bridge/enrol")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.EnrolSchema}}})
@api.response(201, schemas.EnrolledSchema)
@public
def enrol() -> Mapping[str, Any]:
    """Make a box the bridge of a one-time token. Errors: enrolment_invalid, bridge_enrolled, bridge_key_in_use."""
    body, now = _body(), utc_now()
    token, public_key = fields.text(body, "token"), fields.hexadecimal(body, "public_key", 32)
    _limit(now)
    with writing() as session:
        return {"bridge": bridges.enrol(session, token=token, public_key=public_key, now=now).public_id}


@api.post("/bridge/challenge")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.ChallengeForSchema}}})
@api.response(200, schemas.ChallengeSchema)
@public
def challenge() -> Mapping[str, Any]:
    """What the bridge must sign within 60 seconds. Errors: bridge_unknown."""
    body, now = _body(), utc_now()
    bridge = _uuid(body, "bridge")
    _limit(now)
    with writing() as session:
        return {"challenge": bridges.challenge(session, bridge, now)}


@api.post("/bridge/sign-on")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.SignOnSchema}}})
@api.response(200, schemas.SignedOnSchema)
@public
def sign_on() -> Mapping[str, Any]:
    """An access token for 15 minutes, for a signed challenge. Errors: bridge_unknown."""
    body, now = _body(), utc_now()
    with writing() as session:
        token = bridges.sign_on(
            session,
            bridge=_uuid(body, "bridge"),
            challenge=fields.text(body, "challenge"),
            signature=fields.hexadecimal(body, "signature", 64),
            now=now,
        )
    expires_in = int(bridges.TOKEN_LIVES.total_seconds())
    return {"access_token": token, "expires_in": expires_in, "server_time": now.timestamp()}


@api.post("/bridge/rotate")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.RotateSchema}}})
@api.response(204)
@require("bridge")
def rotate() -> None:
    """Take a new device key; the old one works until the new one first signs on. Errors: bridge_unknown,
    bridge_key_in_use."""
    body, now = _body(), utc_now()
    public_key, signature = fields.hexadecimal(body, "public_key", 32), fields.hexadecimal(body, "signature", 64)
    with writing() as session:
        bridges.announce_key(session, current_actor().id, public_key=public_key, signature=signature, now=now)


@api.post("/bridge/entries")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.UploadSchema}}})
@api.response(200, schemas.ReceiptSchema)
@require("bridge")
def upload() -> Mapping[str, Any]:
    """Store entries: each once, however often it is sent. A bad row is set aside and told. Errors: message_invalid."""
    batch, now = wire.Upload.from_json(_body()), utc_now()
    with writing() as session:
        receipt = intake.receive(session, current_actor().id, batch, now)
    _derive(now)
    return receipt.to_json()


def _derive(now: datetime) -> None:
    """Visits at once where that works; the job does the rest. What is stored is stored, whatever happens here."""
    try:
        with writing() as session:
            visits.derive(session, now)
    except (SQLAlchemyError, DomainError) as error:
        log.warning("visits are left to the job: %s", account(error))


@api.get("/bridge/changes")
@api.arguments(schemas.ChangesQuerySchema, location="query")
@api.response(200, schemas.ChangesSchema)
@require("bridge")
def changes(query: dict[str, Any]) -> Mapping[str, Any]:
    """What changed for the doors after a version; a snapshot when the epoch is another. Errors: invalid_input."""
    bridge_id, now, told = current_actor().id, utc_now(), _told(query)
    with reading() as session:
        behind = feed.behind(session)
        if not feed.knows_of_it(session, query["epoch"]):
            # It will learn from this answer that it has to send entries again.
            told = replace(told, backlog=max(told.backlog, 1))
        news = bridges.worth_noting(session, bridge_id, told, now)
    if behind or news:
        with writing() as session:
            if bridges.note_contact(session, bridge_id, told, now):
                alarms.take_in(session, bridge_id, told.alarms, now)
            feed.number(session)
    with reading() as session:
        return feed.changes(session, bridge_id, **query, now=now, settings=current_settings()).to_json()


def _told(query: dict[str, Any]) -> bridges.Told:
    """What the bridge says of itself, taken out of its question."""
    clock, software = query.pop("clock"), query.pop("software")
    return bridges.Told(query.pop("waiting"), clock, software, query["after"], query.pop("alarms"))


@api.post("/bridge/ask")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.AskSchema}}})
@api.response(200, schemas.AskedSchema)
@require("bridge")
def ask() -> Mapping[str, Any]:
    """The newest rows of a holder, when a door would refuse by what it has. Errors: not_found (a foreign door)."""
    body = _body()
    kid = None if body.get("kid") is None else fields.hexadecimal(body, "kid", 8)
    holder = None if body.get("holder") is None else fields.whole(body, "holder", 1, 2**32 - 1)
    with reading() as session:
        bridges.check_door(session, current_actor().id, _uuid(body, "door"))
        rows = feed.ask(session, kid=kid, holder=holder, now=utc_now())
    return {"rows": [row.to_json() for row in rows]}


def _limit(now: datetime) -> None:
    with writing() as session:
        rate_limit.take(session, SIGN_ONS, rate_limit.client_of(request), now)


def _body() -> Mapping[str, Any]:
    try:
        return fields.mapping(request.get_json(), "body")
    except RecursionError as error:
        raise fields.MessageError("body: nested too deep") from error


def _uuid(body: Mapping[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(fields.text(body, name, longest=36))
    except ValueError as error:
        raise fields.MessageError(f"{name}: not a UUID") from error
