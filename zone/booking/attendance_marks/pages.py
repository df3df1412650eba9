"""One's own marks, with the form of an appeal; and the appeals that staff decide."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.attendance_marks import queries, schemas, service
from zone.booking.attendance_marks.rules import REASONS
from zone.booking.attendance_marks.views import Appeal, AttendanceMarkView, evidence_lines
from zone.booking.booking_bans.queries import banned_until
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.i18n import translate
from zone.core.identity import Permission
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.looks import note_look

pages: Final = Blueprint("booking_attendance_marks_pages", __name__, template_folder="templates")
OWN: Final = "/bookings/marks"
MANAGE: Final = "/manage/appeals"


@pages.get(OWN)
@may(Permission.OWN_ACCOUNT)
def own_marks() -> str:
    """Show one's own marks, with what proves each."""
    return _own_page(FormState())


@pages.post(f"{OWN}/<uuid:mark>/appeal")
@may(Permission.OWN_ACCOUNT)
@shows_again
def appeal(mark: uuid.UUID) -> Response:
    """Take an appeal against one's own mark."""

    def work(session: Session, data: Data) -> Data:
        text = schemas.clean(data, "text")
        member_id = current_actor().id
        service.appeal(session, member_id=member_id, mark=mark, text=text, now=utc_now())
        return {}

    return forms.handle(
        schemas.AppealRequest(),
        work,
        page=lambda state: _own_page(state, mark),
        then=lambda _result: f"{OWN}?done=appealed",
    )


def _own_page(form: FormState, opened: uuid.UUID | None = None) -> str:
    member_id, now = current_actor().id, utc_now()
    with reading() as session:
        marks = queries.marks(session, member_id, now)
        until = banned_until(session, member_id, now)
    return marks_page(marks, until, form, opened, done=one_time.done() is not None)


def marks_page(
    marks: Sequence[AttendanceMarkView],
    until: datetime | None,
    form: FormState,
    opened: uuid.UUID | None = None,
    *,
    done: bool = False,
) -> str:
    """Render a person's marks; `opened` is the one whose form was refused."""
    return render_template(
        "booking/attendance_marks/own_marks.html",
        marks=marks,
        until=until,
        form=form,
        opened=opened,
        done=done,
        longest=schemas.LONGEST_APPEAL,
        evidence=partial(evidence_lines, language=language()),
        sentence=_sentence,
    )


def _sentence(reason: str) -> str:
    """Return why the service lifted a mark by itself, by the code."""
    return translate(REASONS[reason], language())


@pages.get(MANAGE)
@may(Permission.DESK_USE)
def appeals() -> str:
    """Show the appeals that wait for a decision."""
    return _appeals_page(FormState())


@pages.post(f"{MANAGE}/<uuid:mark>")
@may(Permission.DESK_USE)
@shows_again
def decide(mark: uuid.UUID) -> Response:
    """Decide an appeal, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.decide(
            session,
            current_actor(),
            mark,
            lift=data["outcome"] == "lifted",
            reason=schemas.clean(data, "reason"),
            now=utc_now(),
        )
        return {}

    return forms.handle(
        schemas.AppealDecisionRequest(),
        work,
        page=lambda state: _appeals_page(state, mark),
        then=lambda _result: f"{MANAGE}?done=decided",
    )


def _appeals_page(form: FormState, opened: uuid.UUID | None = None) -> str:
    note_look("appeals.view", "appeals")
    with reading() as session:
        rows = queries.open_appeals(session, utc_now())
    return appeals_page(rows, form, opened, done=one_time.done() is not None)


def appeals_page(
    rows: Sequence[Appeal], form: FormState, opened: uuid.UUID | None = None, *, done: bool = False
) -> str:
    """Render the appeals; `opened` is the mark whose form was refused."""
    return render_template(
        "booking/attendance_marks/appeals.html",
        rows=rows,
        form=form,
        opened=opened,
        done=done,
        longest=schemas.LONGEST_DECISION,
        evidence=partial(evidence_lines, language=language()),
    )
