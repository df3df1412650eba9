"""The public page of a lottery, and the managers' page that announces one or calls it off."""

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.lotteries import queries, service
from zone.booking.lotteries.queries import LotteryView
from zone.booking.lotteries.rules import KEY_FILE, NewLottery, draw_window
from zone.booking.lotteries.schemas import CallOffRequest, LotteryForm
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.views import SessionView
from zone.core import secrets
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import Window, from_helsinki, to_helsinki
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, public, reader_id, reader_may
from zone.web.context import current_settings
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_lotteries_pages", __name__, template_folder="templates")

CALL_OFF: Final = "call_off"
"""The name of the button that calls a lottery off; that of the other form has none."""


@pages.get("/lotteries/<uuid:lottery>")
@public
def one_lottery(lottery: uuid.UUID) -> str:
    """A lottery: what was promised, who was drawn by ticket, and how to recompute it."""
    with reading() as session:
        view = queries.lottery_view(session, lottery)
        own = queries.ticket_of(session, lottery, reader_id())
    return lottery_page(view, utc_now(), own)


@pages.get("/lotteries/<uuid:lottery>.json")
@public
def download(lottery: uuid.UUID) -> Response:
    """A lottery as a file, which `zone lottery` recomputes."""
    with reading() as session:
        view = queries.lottery_view(session, lottery)
    answer = jsonify(view.exported)
    answer.headers["Content-Disposition"] = 'attachment; filename="lottery.json"'
    return answer


def lottery_page(view: LotteryView, now: datetime, own: str | None = None) -> str:
    """Render the public page; `own` is the reader's ticket."""
    return render_template(
        "booking/lotteries/lottery.html",
        view=view,
        own=own,
        due=now >= view.draws_at,
        outcomes=outcome_names(),
        why=view.reason_in(language()),
    )


def outcome_names() -> dict[str, str]:
    """Return the words for what became of a ticket."""
    return {
        "entered": _("In the draw"),
        "won": _("Won a place"),
        "lost": _("To the queue"),
        "refused": _("Could not have a place"),
        "called_off": _("Not drawn"),
    }


@pages.get("/manage/sessions/<uuid:class_session>/lottery")
@may(Permission.PLANNING_READ)
def manage(class_session: uuid.UUID) -> str:
    """The lotteries of a session, and the form that announces one or calls it off."""
    return _page(class_session, FormState())


@pages.post("/manage/sessions/<uuid:class_session>/lottery")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change(class_session: uuid.UUID) -> WerkzeugResponse:
    """Announce a lottery, or call it off (button `call_off`), once for the form's key."""

    def work(session: Session, data: forms.Data) -> forms.Data:
        if CALL_OFF in request.form:
            _call_off(session, class_session, data)
        else:
            _announce(session, class_session, data)
        return {}

    schema: Schema = CallOffRequest() if CALL_OFF in request.form else LotteryForm()
    return forms.handle(
        schema,
        work,
        page=lambda state: _page(class_session, state),
        then=lambda _result: f"/manage/sessions/{class_session}/lottery?done=saved",
    )


def _announce(session: Session, class_session: uuid.UUID, data: forms.Data) -> None:
    new = NewLottery(
        from_helsinki(data["opens_day"], data["opens_time"]),
        from_helsinki(data["draws_day"], data["draws_time"]),
    )
    secret = secrets.current_secret(current_settings().keys, KEY_FILE)
    service.announce(session, current_actor(), class_session, new, secret=secret, now=utc_now())


def _call_off(session: Session, class_session: uuid.UUID, data: forms.Data) -> None:
    newest = next(iter(queries.lotteries_of(session, class_session)), None)
    if newest is None:
        raise DomainError(NOT_FOUND)
    service.call_off(
        session, current_actor(), uuid.UUID(newest.id), reason=data["reason"], now=utc_now()
    )


def _page(class_session: uuid.UUID, state: FormState) -> str:
    now = utc_now()
    with reading() as session:
        view = sessions_queries.session_view(session, class_session, sees_hidden=True)
        lotteries = queries.lotteries_of(session, class_session)
        policy = policies_queries.policies(session.connection(), now).of(view.activity_id)
    window = draw_window(view.starts_at, policy)
    return manage_page(
        view,
        lotteries,
        state,
        window,
        now,
        may_change=reader_may(Permission.TIMETABLE_WRITE),
        done=one_time.done() is not None,
    )


def manage_page(
    view: SessionView,
    lotteries: list[LotteryView],
    state: FormState,
    window: Window,
    now: datetime,
    *,
    may_change: bool = True,
    done: bool = False,
) -> str:
    """Render the managers' page; `window`: the first and last moment at which can be drawn."""
    live = next((one for one in lotteries if one.state == "announced"), None)
    is_open = view.state == "scheduled" and now < window[1] and view.kind not in STAFF_KINDS
    return render_template(
        "booking/lotteries/manage_lottery.html",
        view=view,
        live=live,
        ended=[one for one in lotteries if one.state != "announced"],
        in_use=view.booked > 0 or view.queue_length > 0,
        may_change=may_change,
        is_open=is_open,
        stopped=live is not None and now >= live.draws_at,
        window=window,
        form=dict(state.values) or _proposed(window, now),
        key=state.key,
        reason=state.values.get("reason", ""),
        refusals=state.sentences(_sentences()),
        language=language(),
        done=done,
    )


def _proposed(window: Window, now: datetime) -> dict[str, Any]:
    """Return what the form begins with: from now on until booking opens, or until it closes."""
    opens, draws = to_helsinki(now), to_helsinki(window[0] if window[0] > now else window[1])
    return {
        "opens_day": opens.date().isoformat(),
        "opens_time": f"{opens:%H:%M}",
        "draws_day": draws.date().isoformat(),
        "draws_time": f"{draws:%H:%M}",
    }


def _sentences() -> dict[str, str]:
    return {
        "opens_day": _("Choose the day from which people can enter."),
        "opens_time": _("Say from when people can enter, as 8.00."),
        "draws_day": _("Choose the day of the draw."),
        "draws_time": _("Say when the places are drawn, as 12.00."),
        "reason": _("Say why, in at most 300 characters: those who entered will read it."),
    }
