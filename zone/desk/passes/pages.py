"""What the forms about a pass of a person do; they stand on the page of the person."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session

from zone.core.identity import Actor
from zone.desk.given_passes.queries import passes_to_give
from zone.desk.passes import schemas
from zone.passes.given_passes.schemas import GivenPassSchema
from zone.passes.given_passes.service import give_pass
from zone.passes.pauses import service as pauses
from zone.passes.pauses.rules import PauseRequest
from zone.passes.visit_changes import service as visit_changes
from zone.web import forms
from zone.web.forms import Data

Work = Callable[[Session, Actor, uuid.UUID, Data, datetime], Data]
"""Acts on a person's pass; returns the query of the page that follows, as `then`, and as `lost` the
holder where their bookings may rest on nothing any more."""


def pause_causes() -> dict[str, str]:
    """Return the words for the kinds of reasons of a pause."""
    return {
        "illness": _("Illness or injury"),
        "military": _("Military or civilian service"),
        "exchange": _("Exchange or practical training elsewhere"),
        "own_wish": _("Own wish"),
        "other": _("Another reason"),
    }


def passes_done() -> dict[str, str]:
    """Return what the next page says of each thing that was done."""
    return {
        "paused": _("The pass is paused, and the person has been told."),
        "resumed": _("The pass goes on, and the person has been told."),
        "extended": _("The pass lasts longer, and the person has been told."),
        "ended": _("The pass is ended, and the person has been told."),
        "given": _("The pass is given, and the person has been told."),
        "visit-taken": _("The visit is taken, and the person has been told."),
        "visit-given-back": _("The visit is given back, and the person has been told."),
    }


def _pause(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    asked = PauseRequest(data["first_day"], data["last_day"], data["cause"])
    holder = pauses.pause_for(
        session, actor, person, data["pass"], asked, reason=data["reason"], now=now
    )
    return {"then": "done=paused", "lost": holder}


def _resume(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    holder = pauses.resume_for(session, actor, person, data["pass"], reason=data["reason"], now=now)
    return {"then": "done=resumed", "lost": holder}


def _extend(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    pauses.extend_for(
        session,
        actor,
        person,
        data["pass"],
        days=data["days"],
        reason=data["reason"],
        now=now,
    )
    return {"then": "done=extended"}


def _end(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    holder = pauses.end_for(session, actor, person, data["pass"], reason=data["reason"], now=now)
    return {"then": "done=ended", "lost": holder}


def _take_visit(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    visit_changes.take_visit(session, actor, person, data["pass"], reason=data["reason"], now=now)
    return {"then": "done=visit-taken"}


def _give_back_visit(
    session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime
) -> Data:
    visit_changes.give_back_visit(
        session,
        actor,
        person,
        data["pass"],
        number=data["number"],
        reason=data["reason"],
        now=now,
    )
    return {"then": "done=visit-given-back"}


def _give(session: Session, actor: Actor, person: uuid.UUID, data: Data, now: datetime) -> Data:
    offered = [code for code, _name in passes_to_give(session, actor, actor.language)]
    forms.check_choice(data, "product", offered)
    give_pass(session, actor, person, **data, now=now)
    return {"then": "done=given"}


PASS_FORMS: Final[Mapping[str, tuple[type[Schema], Work]]] = MappingProxyType(
    {
        "pass-pause": (schemas.PassPauseFormSchema, _pause),
        "pass-resumption": (schemas.PassFormSchema, _resume),
        "pass-extension": (schemas.PassExtensionFormSchema, _extend),
        "pass-end": (schemas.PassFormSchema, _end),
        "given-pass": (GivenPassSchema, _give),
        "pass-visit": (schemas.PassFormSchema, _take_visit),
        "visit-return": (schemas.VisitReturnFormSchema, _give_back_visit),
    }
)
"""The forms, by the end of their address."""
