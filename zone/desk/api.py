"""JSON of the desk: find a person, see what is needed to help, and help. Each action leaves an audit row."""

import uuid
from typing import Any, Final

from flask import Response
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session

from zone.access.check_in import CheckIn
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.desk import feed, schemas, search, service, sheet
from zone.desk.rules import remedy_of
from zone.http import idempotency, rate_limit
from zone.http.auth import current_actor, require
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.members import proofs
from zone.members.queries import member_by_public_id
from zone.passes.order_queries import Offer, offers
from zone.passes.schemas import OffersSchema, OrderSchema, offer_json

STAFF: Final = ("desk", "manager", "admin")
"""Who may work at the desk."""

api: Final = Blueprint("desk", __name__, tag="desk")


def dumped(schema: Schema, thing: object) -> dict[str, Any]:
    """A thing as JSON."""
    body: dict[str, Any] = schema.dump(thing)
    return body


def searched(words: str) -> list[search.Found]:
    """Count the search, then look; both stay on record.

    Raises:
        DomainError: too_many_requests, words_too_short.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        rate_limit.take(session, search.SEARCHES, str(actor.id), now)
    with writing() as session:
        return service.find(session, words, actor_id=actor.id, now=now)


def opened(person: uuid.UUID) -> sheet.Sheet:
    """A person's sheet; that it was opened stays on record.

    Raises:
        DomainError: not_found.
    """
    with writing() as session:
        return sheet.open_sheet(session, person, actor_id=current_actor().id, language=language(), now=utc_now())


def kid_of(text: str) -> bytes:
    """The key that an address names.

    Raises:
        DomainError: not_found.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error


def outcome_of(done: CheckIn) -> dict[str, Any]:
    """A check-in as its answer tells it."""
    reason = done.reason.value
    return {
        "granted": done.granted,
        "reason": reason,
        "detail": feed.said(reason, language()),
        "remedy": remedy_of(reason),
        "overridden": done.overridden,
        "again": done.again,
    }


@api.post("/desk/searches")
@api.arguments(schemas.SearchSchema)
@api.response(200, schemas.FoundPeopleSchema)
@require(*STAFF)
def search_people(asked: dict[str, str]) -> dict[str, Any]:
    """Find a person; the likeliest first, at most 20. Who looked for what is on record.

    Errors: words_too_short, too_many_requests.
    """
    people = searched(asked["words"])
    return {"people": people, "hint": None if people else nobody()}


def nobody() -> str:
    """What to do where a search found nobody."""
    words: str = _(
        "Nobody was found. Try fewer letters, the e-mail address, or the number on a receipt. "
        "Who has never signed in to Zone is not here yet: ask them to sign in first."
    )
    return words


@api.get("/desk/people/<uuid:person>")
@api.response(200, schemas.PersonSheetSchema)
@require(*STAFF)
def show_person(person: uuid.UUID) -> sheet.Sheet:
    """A person as the desk needs them. That it was opened is on record. Errors: not_found."""
    return opened(person)


@api.post("/desk/people/<uuid:person>/proofs")
@api.arguments(schemas.SeenProofSchema)
@api.response(201, schemas.DeskProofsSchema)
@require(*STAFF)
def verify_proof(seen: dict[str, Any], person: uuid.UUID) -> Response:
    """Record that the desk saw a proof; answers all proofs, the newest first. The same proof again is one proof.

    Errors: not_found, proof_dates_reversed, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        member = proofs.verify(session, person, **seen, actor_id=actor.id, now=now)
        return _proofs(session, member.id)

    return idempotency.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/proofs/withdrawal")
@api.arguments(schemas.WithdrawnProofSchema)
@api.response(200, schemas.DeskProofsSchema)
@require(*STAFF)
def withdraw_proof(given: dict[str, Any], person: uuid.UUID) -> Response:
    """Take back what proves an affiliation. Passes already sold stay as they are.

    Errors: not_found, no_proof, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        member = proofs.withdraw(session, person, **given, actor_id=actor.id, now=now)
        return _proofs(session, member.id)

    return idempotency.answer_once(200, work)


def _proofs(session: Session, member_id: int) -> dict[str, Any]:
    return dumped(schemas.DeskProofsSchema(), {"proofs": proofs.proofs_of(session, member_id)})


@api.get("/desk/people/<uuid:person>/offers")
@api.response(200, OffersSchema)
@require(*STAFF)
def list_offers(person: uuid.UUID) -> dict[str, Any]:
    """What can be sold to a person at their own price, fees too; who looked is on record. Errors: not_found."""
    with writing() as session:
        sheet.look(session, person, actor_id=current_actor().id, now=utc_now())
    return {"products": [offer_json(offer, language()) for offer in offers_to(person)]}


def offers_to(person: uuid.UUID) -> list[Offer]:
    """What can be sold to a person at the counter.

    Raises:
        DomainError: not_found.
    """
    with reading() as session:
        member = member_by_public_id(session, person)
        return offers(
            session, member.id, today=helsinki_date(utc_now()), seller_vat=current_settings().seller_vat,
            with_fees=True,
        )  # fmt: skip


@api.post("/desk/people/<uuid:person>/sales")
@api.arguments(schemas.CounterSaleSchema)
@api.response(201, OrderSchema)
@require(*STAFF)
def sell(sale: dict[str, Any], person: uuid.UUID) -> Response:
    """Sell for money that was taken: receipt, mail and pass at once. Send an Idempotency-Key.

    Errors: not_found, offer_changed, not_eligible, not_sold, no_season, vat_unknown, idempotency_mismatch,
    idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        sold = service.sell(session, person, **sale, actor_id=actor.id, now=now, settings=current_settings())
        return dumped(OrderSchema(), sold)

    return idempotency.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/devices/<kid>/revocation")
@api.arguments(schemas.DeskReasonSchema)
@api.response(204)
@require(*STAFF)
def revoke_device(given: dict[str, str], person: uuid.UUID, kid: str) -> None:
    """Take the pass off one phone; doing it again changes nothing. Errors: not_found."""
    with writing() as session:
        service.revoke_device(
            session, person, kid_of(kid), reason=given["reason"], actor_id=current_actor().id, now=utc_now()
        )


@api.post("/desk/people/<uuid:person>/phone-replacements")
@api.arguments(schemas.DeskReasonSchema)
@api.response(201, schemas.ReplacedPhoneSchema)
@require(*STAFF)
def replace_phone(given: dict[str, str], person: uuid.UUID) -> Response:
    """Take a lost phone away: every key and sign-in ends, a new phone can be set up at once, and the person is told.

    Errors: not_found, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        keys = service.replace_phone(session, person, reason=given["reason"], actor_id=actor.id, now=now)
        return {"devices": keys}

    return idempotency.answer_once(201, work)


@api.post("/desk/people/<uuid:person>/check-ins")
@api.arguments(schemas.CheckInSchema)
@api.response(200, schemas.CheckedInSchema)
@require(*STAFF)
def check_in(given: dict[str, Any], person: uuid.UUID) -> Response:
    """Let a person in without a phone, by the door's own rule. A refusal is an answer (200, `granted: false`).

    Errors: not_found, override_by_manager, never_overridden, idempotency_mismatch, idempotency_key_invalid.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        done = service.check_in(session, person, **given, actor_id=actor.id, roles=actor.roles, now=now)
        return dumped(schemas.CheckedInSchema(), outcome_of(done))

    return idempotency.answer_once(200, work)


@api.get("/desk/doors")
@api.response(200, schemas.LiveDoorsSchema)
@require(*STAFF)
def show_doors() -> feed.Live:
    """What happens at the doors: refusals that wait for somebody, the newest scans, bridges that are not heard."""
    with reading() as session:
        return feed.live(session, language(), utc_now())


@api.post("/desk/denials/<uuid:entry>/handled")
@api.response(204)
@require(*STAFF)
def handle(entry: uuid.UUID) -> None:
    """Say that a refusal was dealt with; doing it again changes nothing. Errors: not_found."""
    with writing() as session:
        service.handle(session, entry, actor_id=current_actor().id, now=utc_now())
