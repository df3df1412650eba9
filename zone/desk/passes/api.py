"""JSON API by which the desk pauses, resumes, extends and ends a person's pass."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.members.people.queries import member_by_public_id
from zone.passes.passes.errors import PASS_ENDED, PASS_EXPIRED, PASS_NOT_YET, PASS_PAUSED
from zone.passes.passes.queries import passes_of
from zone.passes.passes.schemas import HeldPassSchema
from zone.passes.pauses import errors
from zone.passes.pauses import service as pauses
from zone.passes.pauses.rules import PauseRequest
from zone.passes.pauses.schemas import ExtensionSchema, StaffPauseSchema, StaffReasonSchema
from zone.passes.visit_changes import service as visit_changes
from zone.passes.visit_changes.errors import (
    NO_VISIT_LEFT,
    VISIT_GIVEN_BACK,
    VISIT_JUST_TAKEN,
    VISITS_NOT_COUNTED,
)
from zone.passes.visit_changes.schemas import VisitReturnSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import end_what_rests_on
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("desk_passes", __name__, tag="desk")


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/pause")
@api.arguments(StaffPauseSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    PASS_ENDED,
    errors.PAUSE_NOT_NEEDED,
    errors.PAUSE_TOO_SOON,
    errors.PAUSE_OUTSIDE,
    errors.PAUSE_LENGTH,
    errors.PAUSES_OVERLAP,
)
@idempotent
def pause(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """Pause a person's pass; bookings inside that need it are cancelled, and they are told."""
    actor = current_actor()
    reason = data.pop("reason")
    asked = PauseRequest(**data)
    return _answer(
        person,
        pass_id,
        lambda session, now: pauses.pause_for(
            session, actor, person, pass_id, asked, reason=reason, now=now
        ),
    )


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/resume")
@api.arguments(StaffReasonSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PASS_ENDED, errors.NOT_PAUSED)
@idempotent
def resume(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """End the pause of a person's pass today, or call off the one to come."""
    actor = current_actor()
    return _answer(
        person,
        pass_id,
        lambda session, now: pauses.resume_for(session, actor, person, pass_id, **data, now=now),
    )


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/extend")
@api.arguments(ExtensionSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PASS_ENDED, errors.EXTENDED_IN_VAIN)
@idempotent
def extend(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """Let a person's pass last so many days longer."""
    actor = current_actor()
    return _answer(
        person,
        pass_id,
        lambda session, now: pauses.extend_for(session, actor, person, pass_id, **data, now=now),
    )


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/end")
@api.arguments(StaffReasonSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PASS_ENDED)
@idempotent
def end(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """End a person's pass at once, and pay nothing back."""
    actor = current_actor()
    return _answer(
        person,
        pass_id,
        lambda session, now: pauses.end_for(session, actor, person, pass_id, **data, now=now),
    )


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/visits")
@api.arguments(StaffReasonSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    PASS_ENDED,
    PASS_NOT_YET,
    PASS_EXPIRED,
    PASS_PAUSED,
    VISITS_NOT_COUNTED,
    NO_VISIT_LEFT,
    VISIT_JUST_TAKEN,
)
@idempotent
def take_visit(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """Take a visit off a person's pass by hand, such as of a guest at an unmanned door."""
    actor = current_actor()
    return _answer(
        person,
        pass_id,
        lambda session, now: visit_changes.take_visit(
            session, actor, person, pass_id, **data, now=now
        ),
    )


@api.post("/desk/people/<uuid:person>/passes/<uuid:pass_id>/visits/return")
@api.arguments(VisitReturnSchema)
@api.response(200, HeldPassSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, PASS_ENDED, VISITS_NOT_COUNTED, VISIT_GIVEN_BACK)
@idempotent
def give_back_visit(data: dict[str, Any], person: uuid.UUID, pass_id: uuid.UUID) -> Response:
    """Give a visit back to a person's pass, by its number; each visit once."""
    actor = current_actor()
    return _answer(
        person,
        pass_id,
        lambda session, now: visit_changes.give_back_visit(
            session, actor, person, pass_id, **data, now=now
        ),
    )


def _answer(
    person: uuid.UUID, pass_id: uuid.UUID, act: Callable[[Session, datetime], int | None]
) -> Response:
    """Act on a pass and answer it; `act` returns the holder where bookings may rest on nothing."""
    now, holders = utc_now(), list[int]()

    def work(session: Session) -> dict[str, Any]:
        holder = act(session, now)
        holders.extend([] if holder is None else [holder])
        member = member_by_public_id(session, person)
        views = passes_of(session, member.id, now)
        shown = next(view for view in views if view.id == pass_id)
        answer: dict[str, Any] = dump_json(HeldPassSchema(), shown)
        return answer

    response = idempotency_key.answer_once(200, work)
    end_what_rests_on(holders, now)
    return response
