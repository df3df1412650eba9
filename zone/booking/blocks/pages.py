"""The managers' page of spaces that are kept free."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, redirect, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.blocks import queries, service
from zone.booking.blocks.queries import BlockView
from zone.booking.blocks.schemas import BlockForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import from_helsinki, helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces.queries import spaces
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_blocks_pages", __name__, template_folder="templates")
PATH: Final = "/manage/blocks"


@pages.get(PATH)
@may(Permission.PLANNING_READ)
def blocks() -> str:
    """The spaces that are kept free, and the form for one more."""
    return _page(FormState(), done=one_time.done())


@pages.post(PATH)
@may(Permission.TIMETABLE_WRITE)
@shows_again
def create_block() -> Response:
    """Keep a space free, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        last = data["until"] or data["day"]
        span = from_helsinki(data["day"], data["begins"]), from_helsinki(last, data["ends"])
        service.block_space(
            session, current_actor(), data["space"], span, data["note"], now=utc_now()
        )
        return {}

    return forms.handle(BlockForm(), work, page=_page, then=lambda _result: f"{PATH}?done=kept")


@pages.post("/manage/blocks/<uuid:block>/end")
@may(Permission.TIMETABLE_WRITE)
def end_block(block: uuid.UUID) -> Response:
    """Give a space back; a refusal is shown above the list."""
    try:
        with writing() as session:
            service.end_block(session, current_actor(), block, now=utc_now())
    except DomainError as refusal:
        return forms.refused(_page, refusal, {}, "")
    return redirect(f"{PATH}?done=ended", 303)


def _page(state: FormState, done: str | None = None) -> str:
    now = utc_now()
    with reading() as session:
        coming = queries.blocks(session, now)
        campuses = {campus.code: campus.name for campus in campuses_queries.campuses(session)}
        choices = [
            (
                str(one.public_id),
                f"{campuses[one.campus_code]}, {getattr(one, f'name_{language()}')}",
            )
            for one in spaces(session)
        ]
    return blocks_page(coming, sorted(choices, key=lambda one: one[1]), state, done, now=now)


def blocks_page(
    coming: list[BlockView],
    choices: list[tuple[str, str]],
    state: FormState,
    done: str | None = None,
    *,
    now: datetime,
) -> str:
    """Render the page: what is kept free, and the form with the spaces to choose from."""
    said = {"kept": _("The space is kept free."), "ended": _("The space is given back.")}
    sentences = {
        "day": _("Choose the first day."),
        "until": _("The last day cannot be before the first."),
        "begins": _("Say from when, as 8.00."),
        "ends": _("Say until when, as 16.00."),
        "note": _("Say in a few words what it is for."),
        "space": _("Choose a space."),
    }
    return render_template(
        "booking/blocks/blocks.html",
        blocks=coming,
        choices=choices,
        today=helsinki_date(now),
        form={name: state.values.get(name, "") for name in BlockForm().fields},
        key=state.key,
        sentences=state.sentences(sentences),
        taken=[_taken(one) for one in state.details.get("taken_by", ())],
        done=said.get(done or ""),
    )


def _taken(one: Mapping[str, Any]) -> Mapping[str, Any]:
    name = one["name"][language()] if one["name"] else _("Own use")
    return {"name": name, "starts_at": datetime.fromisoformat(one["starts_at"])}
