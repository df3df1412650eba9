"""JSON API by which people pause their pass and let it go on."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.pauses import service
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.passes.errors import PASS_ENDED
from zone.passes.passes.queries import passes_of
from zone.passes.passes.schemas import HeldPassSchema
from zone.passes.pauses.errors import (
    BOOKED_INSIDE,
    NOT_PAUSED,
    PAUSE_BY_STAFF,
    PAUSE_LENGTH,
    PAUSE_NOT_NEEDED,
    PAUSE_OUTSIDE,
    PAUSE_TOO_SOON,
    PAUSES_OVERLAP,
    TOO_MANY_PAUSES,
)
from zone.passes.pauses.rules import PauseRequest
from zone.passes.pauses.schemas import PauseSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import end_what_rests_on
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("booking_pauses", __name__, tag="passes")

PAUSE_REFUSALS: Final = (
    PAUSE_BY_STAFF,
    PAUSE_NOT_NEEDED,
    PAUSE_TOO_SOON,
    PAUSE_OUTSIDE,
    PAUSE_LENGTH,
    TOO_MANY_PAUSES,
    PAUSES_OVERLAP,
)


@api.post("/me/passes/<uuid:pass_id>/pause")
@api.arguments(PauseSchema)
@api.response(200, HeldPassSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, PASS_ENDED, BOOKED_INSIDE, *PAUSE_REFUSALS)
@idempotent
def pause_pass(data: dict[str, Any], pass_id: uuid.UUID) -> Response:
    """Pause one's pass: doors refuse it on these days, and its last day moves by them. Bookings
    that need it are cancelled, with a mail each.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        service.pause_own(session, actor.id, pass_id, PauseRequest(**data), now)
        return _shown(session, actor.id, pass_id)

    answer = idempotency_key.answer_once(200, work)
    end_what_rests_on([actor.id], now)
    return answer


@api.post("/me/passes/<uuid:pass_id>/resume")
@api.response(200, HeldPassSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, PASS_ENDED, NOT_PAUSED)
@idempotent
def resume_pass(pass_id: uuid.UUID) -> Response:
    """End the pause of one's pass today, or call off the one to come. Only days that were paused
    stay added to its end.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        service.resume_own(session, actor.id, pass_id, now)
        return _shown(session, actor.id, pass_id)

    answer = idempotency_key.answer_once(200, work)
    end_what_rests_on([actor.id], now)  # its last days may have gone
    return answer


def _shown(session: Session, member_id: int, pass_id: uuid.UUID) -> dict[str, Any]:
    views = passes_of(session, member_id, utc_now())
    shown: dict[str, Any] = dump_json(
        HeldPassSchema(), next(view for view in views if view.id == pass_id)
    )
    return shown
