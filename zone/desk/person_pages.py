"""A person's sheet in the browser, and what its forms do: for each its fields and its work, which says how to go on."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.check_in import doors_to_choose
from zone.access.doors import open_once
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_secret
from zone.core.time import day_window, helsinki_date
from zone.db import reading
from zone.desk import feed, schemas, service
from zone.desk.api import STAFF, offers_to, opened
from zone.desk.pages import read, wrong_fields
from zone.desk.rules import remedy_of
from zone.http import idempotency
from zone.http.auth import Actor, current_actor, require
from zone.http.context import current_settings
from zone.http.problems import language, sentences
from zone.members import proofs

pages: Final = Blueprint("desk_person", __name__, template_folder="templates")

Given = dict[str, Any]
Said = dict[str, Any]
Deed = Callable[[Session, uuid.UUID, Given, Actor, datetime], Said]


@pages.get("/desk/people/<uuid:person>")
@require(*STAFF)
def show_person(person: uuid.UUID) -> str:
    """A person's sheet. `?do=` opens the part with an action, `?door=` chooses the door of a check-in."""
    return _person(person)


@pages.post("/desk/people/<uuid:person>/<deed>")
@require(*STAFF)
def do(person: uuid.UUID, deed: str) -> Response:
    """Do one thing for a person, once for the key in its form; what was refused is said at the top of the sheet."""
    if deed not in DEEDS:
        raise DomainError(NOT_FOUND)
    actor, now = current_actor(), utc_now()
    schema, work = DEEDS[deed]
    try:
        given = read(schema())
        said = idempotency.submit_once(given, lambda session: work(session, person, given, actor, now))
    except DomainError as refusal:
        if refusal.reasons[0] is NOT_FOUND:
            raise
        return make_response(_person(person, deed, refusal), refusal.status)
    return redirect(f"/desk/people/{person}?{said['then']}", 303)


def _person(person: uuid.UUID, deed: str | None = None, refusal: DomainError | None = None) -> str:
    sheet = opened(person)
    with reading() as session:
        doors = doors_to_choose(session)
    why = request.args.get("why", "")
    return render_template(
        "desk/person.html", sheet=sheet, offers=offers_to(person), doors=doors, key=new_secret(),
        today=helsinki_date(utc_now()), deed=deed, refusal=sentences(refusal), wrong=wrong_fields(refusal),
        todo_name=request.args.get("do"), door=request.args.get("door"), done=request.args.get("done"),
        receipt=request.args.get("receipt"), why_words=feed.said(why, language()), remedy=remedy_of(why),
        done_words=done_words(), may_override=bool(current_actor().roles & service.MAY_OVERRIDE),
    )  # fmt: skip


def done_words() -> dict[str, str]:
    """What was done, as the next page says it."""
    return {
        "checked_in": _("Checked in."),
        "again": _("This person came in less than a minute ago. It is the same visit."),
        "sold": _("Sold. The receipt has been mailed."),
        "verified": _("The proof is recorded."),
        "withdrawn": _("The proof is withdrawn."),
        "revoked": _("The pass is off that phone."),
        "phone": _("The pass is off every phone, and the person has been told. They can set up a new one now."),
        "suspended": _("Suspended."),
        "lifted": _("The suspension is lifted."),
    }


def _then(done: str, **more: str) -> Said:
    """Where the browser goes on: the sheet again, with a word of what was done."""
    return {"then": urlencode({"done": done, **more})}


def _check_in(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    door, override = given["door"], given.get("override")
    outcome = service.check_in(
        session, person, door=door, override=override, actor_id=actor.id, roles=actor.roles, now=now
    )
    if not outcome.granted:
        return _then("refused", why=outcome.reason.value, door=str(door))
    if given["open"]:
        open_once(session, door, actor_id=actor.id, reason=_("Checked in at the desk"), now=now)
    return _then("again" if outcome.again else "checked_in")


def _sell(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    sold = service.sell(session, person, **given, actor_id=actor.id, now=now, settings=current_settings())
    return _then("sold", receipt=sold.receipts[0].number)


def _verify(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    proofs.verify(session, person, **given, actor_id=actor.id, now=now)
    return _then("verified")


def _withdraw(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    proofs.withdraw(session, person, **given, actor_id=actor.id, now=now)
    return _then("withdrawn")


def _revoke(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    kid = bytes.fromhex(given["kid"])
    service.revoke_device(session, person, kid, reason=given["reason"], actor_id=actor.id, now=now)
    return _then("revoked")


def _phone(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    service.replace_phone(session, person, reason=given["reason"], actor_id=actor.id, now=now)
    return _then("phone")


def _suspend(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    last = given["last_day"]
    ends_at = None if last is None else day_window(last + timedelta(days=1))[0]
    service.suspend(session, person, reason=given["reason"], ends_at=ends_at, actor_id=actor.id, now=now)
    return _then("suspended")


def _lift(session: Session, person: uuid.UUID, given: Given, actor: Actor, now: datetime) -> Said:
    service.lift(session, person, given["suspension"], reason=given["reason"], actor_id=actor.id, now=now)
    return _then("lifted")


DEEDS: Final[Mapping[str, tuple[type[Schema], Deed]]] = MappingProxyType(
    {
        "check-in": (schemas.CheckInFormSchema, _check_in),
        "sale": (schemas.SaleFormSchema, _sell),
        "proof": (schemas.SeenProofSchema, _verify),
        "proof-withdrawal": (schemas.WithdrawnProofSchema, _withdraw),
        "device-revocation": (schemas.DeviceFormSchema, _revoke),
        "phone-replacement": (schemas.DeskReasonSchema, _phone),
        "suspension": (schemas.SuspensionFormSchema, _suspend),
        "lifting": (schemas.LiftingFormSchema, _lift),
    }
)
"""Every form of the sheet, by the end of its address."""
