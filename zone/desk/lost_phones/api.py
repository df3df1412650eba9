"""JSON of replacing a lost phone."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.desk.lost_phones import service
from zone.desk.lost_phones.errors import LOSS_FEE_DUE
from zone.desk.lost_phones.schemas import LossFeeSchema, LostPhoneSchema, ReplacedPhoneSchema
from zone.passes.payments.errors import CARD_NUMBER, REFERENCE_MISSING, REFERENCE_UNREADABLE
from zone.passes.tills.errors import TILL_CLOSED, TILL_MISSING
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("desk_lost_phones", __name__, tag="desk")


@api.get("/desk/people/<uuid:person>/loss-fee")
@api.response(200, LossFeeSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND)
def show_fee(person: uuid.UUID) -> dict[str, Any]:
    """What a person pays now if the desk replaces their lost phone; who looked is on record."""
    settings, now = current_settings(), utc_now()
    with writing() as session:
        fee = service.look_at_fee(session, current_actor(), person, settings=settings, now=now)
    return {"product": fee and fee.line.product, "cents": fee and fee.cents}


@api.post("/desk/people/<uuid:person>/phone-replacements")
@api.arguments(LostPhoneSchema)
@api.response(201, ReplacedPhoneSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    LOSS_FEE_DUE,
    REFERENCE_MISSING,
    REFERENCE_UNREADABLE,
    CARD_NUMBER,
    TILL_CLOSED,
    TILL_MISSING,
)
@idempotent
def replace_phone(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Take a lost phone away: every key and sign-in ends, a new phone can be set up at once, and
    the person is told. Where the rules of passes ask for a fee, it is sold in the same step.
    """
    actor, now, settings = current_actor(), utc_now(), current_settings()

    def work(session: Session) -> dict[str, Any]:
        done = service.replace_phone(session, actor, person, **data, now=now, settings=settings)
        return dump_json(ReplacedPhoneSchema(), done)

    return idempotency_key.answer_once(201, work)
