"""A person's record in the browser, and what each of its forms does."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.attendance import service as attendance
from zone.access.door_commands.service import open_once
from zone.access.doors.queries import doors_to_choose
from zone.booking.bookings import service as bookings
from zone.booking.bookings.schemas import BookRequest
from zone.booking.lotteries import service as lotteries
from zone.booking.no_shows import service as no_shows
from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_secret
from zone.core.text import initials
from zone.core.time import day_window, from_helsinki, helsinki_date
from zone.desk.classes.queries import classes_for
from zone.desk.given_passes.queries import passes_to_give
from zone.desk.live_doors import queries as live_doors_queries
from zone.desk.live_doors import schemas as live_doors_schemas
from zone.desk.live_doors.pages import board_now, board_page
from zone.desk.live_doors.rules import remedy_of
from zone.desk.live_doors.views import HelpCard
from zone.desk.lost_phones import service as lost_phones
from zone.desk.lost_phones.queries import fee_of_loss
from zone.desk.lost_phones.schemas import LostPhoneSchema
from zone.desk.passes.pages import PASS_FORMS, passes_done, pause_causes
from zone.desk.people import queries, schemas, service
from zone.desk.people.queries import PersonRecord
from zone.desk.people.views import ACT_ICONS, DeskAct, last_half_hour, panel, sale_choices
from zone.desk.sales import schemas as sales_schemas
from zone.desk.sales import service as sales
from zone.desk.sales.queries import offers_to
from zone.members.eligibility import service as eligibility
from zone.members.people.queries import member_by_public_id
from zone.members.suspensions import service as suspensions
from zone.passes.tills.queries import open_tills
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings, end_what_rests_on
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("desk_people_pages", __name__, template_folder="templates")

ActionWork = Callable[[Session, Actor, uuid.UUID, Data, datetime], Data]
"""Acts on a person; returns the query of the page that follows, as `then`."""


@dataclass(frozen=True, slots=True)
class FormAction:
    """A form of the record and what it does."""

    schema: type[Schema]
    work: ActionWork


@pages.get("/desk/people/<uuid:person>")
@may(Permission.DESK_USE)
def show_person(person: uuid.UUID) -> str:
    """A person's record. `?do=` focuses an action, `?door=` chooses the door of a check-in."""
    return _record_page(person, {})


@pages.post("/desk/people/<uuid:person>/<action>")
@may(Permission.DESK_USE)
@shows_again
def do(person: uuid.UUID, action: str) -> Response:
    """Do one thing for a person."""
    if action not in ACTIONS:
        raise DomainError(NOT_FOUND)
    actor, now, form = current_actor(), utc_now(), ACTIONS[action]
    return forms.handle(
        form.schema(),
        lambda session, data: form.work(session, actor, person, data, now),
        page=lambda state: _record_page(person, {action: state}),
        then=lambda result: _after(person, result, now),
    )


def _after(person: uuid.UUID, result: Data, now: datetime) -> str:
    """Return the address that follows an action, whose transaction has ended."""
    if "lost" in result:
        end_what_rests_on([result["lost"]], now)
    return f"/desk/people/{person}?{result['then']}"


def _record_page(person: uuid.UUID, refused: Mapping[str, FormState]) -> str:
    """Return the page; `refused` holds the form that was refused, by its action."""
    actor, now, board = current_actor(), utc_now(), board_now()
    with writing() as session:  # the look is audited
        record = service.open_record(session, actor, person, language=language(), now=now)
    card, done = board.card_of(person), one_time.done()
    offered = _offered(person, record, card, now)
    at_the_door = _at_the_door(card, not_let_in=done == "refused")
    return board_page(
        "desk/people/person.html",
        board,
        str(person),
        panel_first=True,
        record=record,
        initials=initials(record.name),
        card=card,
        next_card=next((one for one in board.cards if one is not card), None),
        panel=panel(
            record,
            at_the_door["remedy"],
            sells=any(choice.ends_on for choice in offered["sale"].choices),
            books=bool(offered["courts"]) or offered["classes"].any_to_do,
            now=now,
        ),
        act_words=act_words(),
        act_icons=ACT_ICONS,
        key=new_secret(),
        today=helsinki_date(now),
        now=now,
        done=done_sentences().get(done or ""),
        receipt=request.args.get("receipt"),
        causes=pause_causes(),
        may_mark=actor.may(Permission.ATTENDANCE_READ_ALL),
        may_override=actor.may(Permission.CHECK_IN_OVERRIDE),
        **offered,
        **at_the_door,
        **_focus(refused, done),
    )


def _offered(
    person: uuid.UUID, record: PersonRecord, card: HelpCard | None, now: datetime
) -> dict[str, Any]:
    """Return what the forms offer: doors, courts, classes, and the products on sale."""
    door = request.args.get("door", type=uuid.UUID) or (card.last.door if card else None)
    with reading() as session:
        courts = queries.courts_to_book(session)
        settings, member = current_settings(), member_by_public_id(session, person)
        offers = offers_to(session, person, settings=settings, now=now)
        return {
            "loss_fee": fee_of_loss(session, member, settings=settings, now=now),
            "doors": doors_to_choose(session),
            "door": str(door) if door else None,
            "courts": [(code, names[language()]) for code, names in courts],
            "court": queries.court_behind(session, door) if door else None,
            "court_at": last_half_hour(now),
            "classes": classes_for(session, person, now),
            "tills": [(one.code, one.name) for one in open_tills(session)],
            "gives": passes_to_give(session, current_actor(), language()),
            "sale": sale_choices(
                offers, language(), record.passes, card.last.kinds if card else ()
            ),
        }


def _at_the_door(card: HelpCard | None, *, not_let_in: bool) -> dict[str, Any]:
    """Return why the person was refused, by the desk just now or by a door, and what helps."""
    why = request.args.get("why", "")
    return {
        "not_let_in": not_let_in,
        "why": why,
        "reason": live_doors_queries.reason_text(why, language()),
        "say": live_doors_queries.reason_text(card.last.reason, language()) if card else "",
        "remedy": remedy_of(why) if not_let_in else card.remedy if card else None,
    }


def _focus(refused: Mapping[str, FormState], done: str | None) -> dict[str, Any]:
    """Return which forms are open, what they said, and where the focus goes."""
    wanted = request.args.get("do")
    return {
        "refused": refused,
        "refused_acts": {ACT_OF[action] for action in refused if action in ACT_OF},
        "record_open": any(action not in ACT_OF for action in refused),
        "state_of": partial(_state_of, refused),
        "messages": [message for state in refused.values() for message in state.messages],
        "focused": None if refused or done else wanted,
        "focus_name": not (refused or done or wanted),
        "opened": wanted,
    }


def _state_of(refused: Mapping[str, FormState], action: str, **about: object) -> FormState | None:
    """Return the refused form of an action; of several on the page the one about these things."""
    state = refused.get(action)
    if state and all(state.values.get(name) == str(value) for name, value in about.items()):
        return state
    return None


def done_sentences() -> dict[str, str]:
    """Return what the next page says of each thing that was done."""
    return {
        "checked_in": _("Checked in."),
        "again": _("This person came in less than a minute ago. It is the same visit."),
        "sold": _("Sold. The receipt has been mailed."),
        "verified": _("The proof is recorded."),
        "withdrawn": _("The proof is withdrawn."),
        "revoked": _("The pass is off that phone."),
        "phone": _(
            "The pass is off every phone, and the person has been told. "
            "They can set up a new one now."
        ),
        "booked": _("Booked. The confirmation has been mailed."),
        "entered": _("They are in the draw. They get a mail when it is drawn."),
        "withdrawn_from_draw": _("They are no longer in the draw."),
        "booking_cancelled": _("The booking is cancelled, and the person is told why."),
        "excused": _("Excused. It no longer counts."),
        "present": _("Marked as here."),
        "suspended": _("Suspended."),
        "lifted": _("The suspension is lifted."),
        "opened": _(
            "The door has been told to open. It opens within a second or two if its box is online."
        ),
        "handled": _("The one before is handled."),
        **passes_done(),
    }


def act_words() -> dict[DeskAct, str]:
    """Return what the buttons of a person's page say."""
    return {
        DeskAct.CHECK_IN: _("Let in without a phone"),
        DeskAct.OPEN: _("Open once"),
        DeskAct.SELL: _("Sell"),
        DeskAct.BOOK: _("Book"),
        DeskAct.PHONE: _("New phone"),
        DeskAct.SUSPEND: _("Suspend"),
    }


def _then(done: str, **more: str) -> Data:
    return {"then": urlencode({"done": done, **more})}


def _check_in(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    door = data["door"]
    check_in = service.check_in(
        session, actor, person, door=door, override=data["override"], now=now
    )
    if not check_in.granted:
        return _then("refused", why=check_in.reason.value, door=str(door))
    if data["open"]:
        open_once(session, door, actor=actor, reason=_("Checked in at the desk"), now=now)
    return _then("again" if check_in.again else "checked_in")


def _open_door(
    session: Session, actor: Actor, _person: uuid.UUID, data: Data, now: datetime
) -> Data:
    open_once(session, data["door"], actor=actor, reason=data["reason"], now=now)
    return _then("opened")


def _sell(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    order = sales.sell(session, actor, person, **data, now=now, settings=current_settings())
    return _then("sold", receipt=order.receipts[0].number)


def _record_proof(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    eligibility.record_proof(session, actor, person, **data, now=now)
    return _then("verified")


def _withdraw_proofs(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    eligibility.withdraw_proofs(session, actor, person, **data, now=now)
    return _then("withdrawn")


def _revoke_device(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    kid = bytes.fromhex(data["kid"])
    service.revoke_device(session, actor, person, kid, reason=data["reason"], now=now)
    return _then("revoked")


def _replace_phone(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    settings = current_settings()
    done = lost_phones.replace_phone(session, actor, person, **data, now=now, settings=settings)
    return _then("phone", **({"receipt": done.receipt} if done.receipt else {}))


def _suspend(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    last_day = data["last_day"]
    # Half-open: until the midnight after the last day, in Helsinki.
    ends_at = None if last_day is None else day_window(last_day + timedelta(days=1))[0]
    suspension = suspensions.suspend_member(
        session, actor, person, reason=data["reason"], ends_at=ends_at, now=now
    )
    return _then("suspended") | {"lost": suspension.member_id}


def _lift_suspension(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    suspensions.lift_suspension(
        session, actor, data["suspension"], member=person, reason=data["reason"], now=now
    )
    return _then("lifted")


def _mark_present(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    attendance.record_sighting(session, actor, data["session"], person, now=now)
    return _then("present")


def _excuse(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    no_shows.excuse(session, actor, person, data["booking"], reason=data["reason"], now=now)
    return _then("excused")


def _cancel_booking(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    bookings.cancel_for(session, actor, person, data["booking"], reason=data["reason"], now=now)
    return _then("booking_cancelled")


def _of_class(work: Callable[..., object], done: str) -> ActionWork:
    """Return what books a class for a person, or enters or withdraws them from its draw."""

    def act(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
        work(session, actor, person, data["session"], now=now)
        return _then(done)

    return act


def _book_court(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    start = from_helsinki(data["day"], data["at"])
    requested = ReservationRequest(data["space"], start, data["minutes"], data["companions"])
    reservations.book_space_for(session, actor, person, requested, now=now)
    return _then("booked")


ACTIONS: Final[Mapping[str, FormAction]] = MappingProxyType(
    {
        "check-in": FormAction(schemas.CheckInFormSchema, _check_in),
        "door": FormAction(live_doors_schemas.OpenDoorFormSchema, _open_door),
        "sale": FormAction(sales_schemas.SaleFormSchema, _sell),
        "proof": FormAction(schemas.SeenProofSchema, _record_proof),
        "proof-withdrawal": FormAction(schemas.WithdrawnProofSchema, _withdraw_proofs),
        "device-revocation": FormAction(schemas.DeviceFormSchema, _revoke_device),
        "phone-replacement": FormAction(LostPhoneSchema, _replace_phone),
        "suspension": FormAction(schemas.SuspensionFormSchema, _suspend),
        "excuse": FormAction(schemas.BookingFormSchema, _excuse),
        "presence": FormAction(schemas.PresenceFormSchema, _mark_present),
        "booking-cancellation": FormAction(schemas.BookingFormSchema, _cancel_booking),
        "class-booking": FormAction(BookRequest, _of_class(bookings.book_for, "booked")),
        "draw-entry": FormAction(BookRequest, _of_class(lotteries.enter_for, "entered")),
        "draw-withdrawal": FormAction(
            BookRequest, _of_class(lotteries.withdraw_for, "withdrawn_from_draw")
        ),
        "court-booking": FormAction(schemas.CourtFormSchema, _book_court),
        "lifting": FormAction(schemas.LiftingFormSchema, _lift_suspension),
        **{name: FormAction(*form) for name, form in PASS_FORMS.items()},
    }
)
"""Every form of the record, by the end of its address."""

ACT_OF: Final[Mapping[str, DeskAct]] = MappingProxyType(
    {
        "check-in": DeskAct.CHECK_IN,
        "door": DeskAct.OPEN,
        "sale": DeskAct.SELL,
        "phone-replacement": DeskAct.PHONE,
        "suspension": DeskAct.SUSPEND,
        "class-booking": DeskAct.BOOK,
        "court-booking": DeskAct.BOOK,
        "lifting": DeskAct.LIFT,
    }
)
"""The act to which each form beside the record belongs; the other forms stand in the record."""
