"""The manager's page of when one door is open to everybody. Plain forms."""

import uuid
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.releases import queries, service
from zone.access.releases.queries import DoorReleases, ReleaseDayView, ReleaseView
from zone.access.releases.schemas import ReleaseDayForm, ReleaseForm
from zone.access.releases.service import NewRelease
from zone.booking.closures.rules import parse_day
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.formats import format_hours
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.weekdays import short_weekdays

pages: Final = Blueprint("access_releases_pages", __name__, template_folder="templates")


@pages.get("/manage/doors/<uuid:door_id>/open")
@may(Permission.DOORS_WRITE)
def show(door_id: uuid.UUID) -> str:
    """Show when a door is open to everybody, and the forms that change it."""
    return _page(FormState(), door_id)


@pages.post("/manage/doors/<uuid:door_id>/open")
@may(Permission.DOORS_WRITE)
@shows_again
def add_release(door_id: uuid.UUID) -> Response:
    """Open a door to everybody at a time of the week."""

    def work(session: Session, data: Data) -> Data:
        data["weekdays"] = [int(weekday) for weekday in data["weekdays"]]
        actor, now = current_actor(), utc_now()
        service.add_release(session, door_id, NewRelease(**data), actor=actor, now=now)
        return {}

    return forms.handle(
        ReleaseForm(),
        work,
        page=partial(_page, door_id=door_id, asked="week"),
        then=lambda _result: _address(door_id, "added"),
    )


@pages.post("/manage/doors/<uuid:door_id>/open/<uuid:release_id>/remove")
@may(Permission.DOORS_WRITE)
def remove_release(door_id: uuid.UUID, release_id: uuid.UUID) -> Response:
    """Open a door to everybody no longer at a time of the week."""
    with writing() as session:
        service.remove_release(session, door_id, release_id, actor=current_actor(), now=utc_now())
    return redirect(_address(door_id, "removed"), 303)


@pages.post("/manage/doors/<uuid:door_id>/open/days")
@may(Permission.DOORS_WRITE)
@shows_again
def set_day(door_id: uuid.UUID) -> Response:
    """Open a door to everybody at another time on a day, or not at all."""

    def work(session: Session, data: Data) -> Data:
        hours = (data["opens"], data["closes"]) if data["opens"] is not None else None
        service.set_day(
            session,
            door_id,
            data["day"],
            hours,
            reason=data["reason"],
            actor=current_actor(),
            now=utc_now(),
        )
        return {}

    return forms.handle(
        ReleaseDayForm(),
        work,
        page=partial(_page, door_id=door_id, asked="day"),
        then=lambda _result: _address(door_id, "day_set"),
    )


@pages.post("/manage/doors/<uuid:door_id>/open/days/<day>/drop")
@may(Permission.DOORS_WRITE)
def drop_day(door_id: uuid.UUID, day: str) -> Response:
    """Let the times of the week hold again on a day."""
    with writing() as session:
        service.drop_day(session, door_id, parse_day(day), actor=current_actor(), now=utc_now())
    return redirect(_address(door_id, "day_dropped"), 303)


def _address(door_id: uuid.UUID, done: str) -> str:
    return url_for("access_releases_pages.show", door_id=door_id, done=done)


def _page(state: FormState, door_id: uuid.UUID, asked: str | None = None) -> str:
    now = utc_now()
    with reading() as session:
        stored = queries.releases_of_door(session, door_id, now)
    today = helsinki_date(now).isoformat()
    return render_page(stored, state, asked, done=one_time.done(), today=today)


def render_page(
    stored: DoorReleases,
    state: FormState,
    asked: str | None = None,
    *,
    done: str | None = None,
    today: str = "",
) -> str:
    """Render the page. `asked`: the form that was sent, week or day."""
    sentences = {
        "added": _("The door has this time now. The bridge hears of it within seconds."),
        "removed": _("The time is removed. The bridge hears of it within seconds."),
        "day_set": _("The day has its time."),
        "day_dropped": _("The times of the week hold again on that day."),
    }
    return render_template(
        "access/releases/releases.html",
        stored=stored,
        form=state,
        refusals=state.messages,
        asked=asked,
        done=sentences.get(done or ""),
        weekdays=_weekdays(),
        chosen=state.values.get("weekdays", []) if asked == "week" else [],
        typed=_typed(state, asked),
        times=_times,
        today=today,
    )


def _weekdays() -> list[tuple[str, str]]:
    return [(str(number), name) for number, name in enumerate(short_weekdays(), 1)]


def _times(one: ReleaseView | ReleaseDayView) -> str:
    if one.opens is None or one.closes is None:
        return str(_("Codes only"))
    return format_hours(one.opens, one.closes)


def _typed(state: FormState, asked: str | None) -> dict[str, dict[str, Any]]:
    """Return what was typed into each form."""
    return {name: dict(state.values) if asked == name else {} for name in ("week", "day")}
