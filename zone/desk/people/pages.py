"""A person's record in the browser, and what each of its forms does."""

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

from zone.access.door_commands.service import open_once
from zone.access.doors.queries import doors_to_choose
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_secret
from zone.core.time import day_window, helsinki_date
from zone.desk.live_doors import queries as live_doors_queries
from zone.desk.live_doors import schemas as live_doors_schemas
from zone.desk.live_doors.rules import remedy_of
from zone.desk.people import schemas, service
from zone.desk.sales import schemas as sales_schemas
from zone.desk.sales import service as sales
from zone.desk.sales.queries import offers_to
from zone.members.eligibility import service as eligibility
from zone.members.suspensions import service as suspensions
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import read_form, wrong_fields
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("desk_people_pages", __name__, template_folder="templates")

FormData = dict[str, Any]
Redirect = dict[str, Any]
Action = Callable[[Session, uuid.UUID, FormData, Actor, datetime], Redirect]


@pages.get("/desk/people/<uuid:person>")
@may(Permission.DESK_USE)
def show_person(person: uuid.UUID) -> str:
    """A person's sheet. `?do=` opens the part with an action, `?door=` chooses the door of a check-in."""
    return _person(person)


@pages.post("/desk/people/<uuid:person>/<deed>")
@may(Permission.DESK_USE)
def do(person: uuid.UUID, deed: str) -> Response:
    """Do one thing for a person, once for the key in its form; what was refused is said at the top of the sheet."""
    if deed not in ACTIONS:
        raise DomainError(NOT_FOUND)
    actor, now = current_actor(), utc_now()
    schema, work = ACTIONS[deed]
    try:
        given = read_form(schema())
        said = idempotency_key.submit_once(
            given, lambda session: work(session, person, given, actor, now)
        )
    except DomainError as refusal:
        if refusal.reasons[0] is NOT_FOUND:
            raise
        return make_response(_person(person, deed, refusal), refusal.status)
    return redirect(f"/desk/people/{person}?{said['then']}", 303)


def _person(person: uuid.UUID, deed: str | None = None, refusal: DomainError | None = None) -> str:
    with writing() as session:
        sheet = service.open_record(
            session, person, actor_id=current_actor().id, language=language(), now=utc_now()
        )
    with reading() as session:
        doors = doors_to_choose(session)
        offers = offers_to(session, person, seller_vat=current_settings().seller_vat, now=utc_now())
    why = request.args.get("why", "")
    return render_template(
        "desk/people/person.html",
        sheet=sheet,
        offers=offers,
        doors=doors,
        key=new_secret(),
        today=helsinki_date(utc_now()),
        deed=deed,
        refusal=refusal_messages(refusal),
        wrong=wrong_fields(refusal),
        todo_name=request.args.get("do"),
        door=request.args.get("door"),
        done=request.args.get("done"),
        receipt=request.args.get("receipt"),
        why_words=live_doors_queries.reason_text(why, language()),
        remedy=remedy_of(why),
        done_words=done_words(),
        may_override=current_actor().may(Permission.CHECK_IN_OVERRIDE),
    )


def done_words() -> dict[str, str]:
    """What was done, as the next page says it."""
    return {
        "checked_in": _("Checked in."),
        "again": _("This person came in less than a minute ago. It is the same visit."),
        "sold": _("Sold. The receipt has been mailed."),
        "verified": _("The proof is recorded."),
        "withdrawn": _("The proof is withdrawn."),
        "revoked": _("The pass is off that phone."),
        "phone": _(
            "The pass is off every phone, and the person has been told. They can set up a new one now."
        ),
        "suspended": _("Suspended."),
        "lifted": _("The suspension is lifted."),
    }


def _then(done: str, **more: str) -> Redirect:
    """Where the browser goes on: the sheet again, with a word of what was done."""
    return {"then": urlencode({"done": done, **more})}


def _check_in(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    door, override = given["door"], given.get("override")
    outcome = service.check_in(session, person, door=door, override=override, actor=actor, now=now)
    if not outcome.granted:
        return _then("refused", why=outcome.reason.value, door=str(door))
    if given["open"]:
        open_once(session, door, actor=actor, reason=_("Checked in at the desk"), now=now)
    return _then("again" if outcome.again else "checked_in")


def _sell(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    sold = sales.sell(
        session, person, **given, actor_id=actor.id, now=now, settings=current_settings()
    )
    return _then("sold", receipt=sold.receipts[0].number)


def _verify(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    eligibility.record_proof(session, actor, person, **given, now=now)
    return _then("verified")


def _withdraw(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    eligibility.withdraw_proofs(session, actor, person, **given, now=now)
    return _then("withdrawn")


def _revoke(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    kid = bytes.fromhex(given["kid"])
    service.revoke_device(session, person, kid, reason=given["reason"], actor_id=actor.id, now=now)
    return _then("revoked")


def _phone(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    service.replace_phone(session, person, reason=given["reason"], actor_id=actor.id, now=now)
    return _then("phone")


def _suspend(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    last = given["last_day"]
    ends_at = None if last is None else day_window(last + timedelta(days=1))[0]
    suspensions.suspend_member(
        session, actor, person, reason=given["reason"], ends_at=ends_at, now=now
    )
    return _then("suspended")


def _lift(
    session: Session, person: uuid.UUID, given: FormData, actor: Actor, now: datetime
) -> Redirect:
    suspensions.lift_suspension(
        session, actor, given["suspension"], member=person, reason=given["reason"], now=now
    )
    return _then("lifted")


ACTIONS: Final[Mapping[str, tuple[type[Schema], Action]]] = MappingProxyType(
    {
        "check-in": (schemas.CheckInFormSchema, _check_in),
        "sale": (sales_schemas.SaleFormSchema, _sell),
        "proof": (schemas.SeenProofSchema, _verify),
        "proof-withdrawal": (schemas.WithdrawnProofSchema, _withdraw),
        "device-revocation": (schemas.DeviceFormSchema, _revoke),
        "phone-replacement": (live_doors_schemas.DeskReasonSchema, _phone),
        "suspension": (schemas.SuspensionFormSchema, _suspend),
        "lifting": (schemas.LiftingFormSchema, _lift),
    }
)
"""Every form of the sheet, by the end of its address."""
