"""The pages on which managers plan weekly classes. A change can be previewed before it is made."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.affected_people.pages import note_preview, people_of_preview
from zone.booking.affected_people.service import preview_change
from zone.booking.class_change.pages import clock_sentences, preview_sentences
from zone.booking.class_forms.pages import (
    choices,
    chosen_weekdays,
    field_labels,
    only_offered,
    refused,
    space_names,
    weekdays,
)
from zone.booking.class_forms.schemas import ONLINE
from zone.booking.weekly_classes import queries, rules, service
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import details_from, plan_from, weekly_from, weekly_json
from zone.booking.weekly_classes.schemas import (
    ClassChangeForm,
    ClassChangeSchema,
    ClassForm,
)
from zone.core import time
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.calendar import queries as calendar_queries
from zone.places.calendar.pages import calendar_lines
from zone.places.calendar.rules import CalendarEntry
from zone.places.spaces import queries as spaces_queries
from zone.places.terms import queries as terms_queries
from zone.web import conflicts, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_weekly_classes_pages", __name__, template_folder="templates")

NEW_CLASS: Final = {
    "kind": "class",
    "weekdays": [1],
    "minutes": 60,
    "starts_at": "17:00",
    "live": True,
}
"""What the form of a new class begins with."""

CHANGE: Final = ClassChangeSchema()


@pages.get("/manage/classes")
@may(Permission.PLANNING_READ)
def weekly_classes() -> str:
    """The weekly classes, by weekday."""
    with reading() as session:
        return render_template(
            "booking/weekly_classes/manage_classes.html",
            of_weekday=_by_weekday(queries.classes(session, helsinki_date(utc_now()))),
            spaces=space_names(session),
            weekdays=weekdays(),
        )


def _by_weekday(classes: Sequence[SessionRule]) -> dict[int, list[SessionRule]]:
    """Return the classes of each weekday by start; one of several weekdays stands at each."""
    by_start = sorted(classes, key=lambda rule: rule.starts_at)
    return {day: [rule for rule in by_start if day in rule.weekdays] for day in range(1, 8)}


@pages.get("/manage/classes/new")
@may(Permission.PLANNING_READ)
def new_class() -> str:
    """The form of a new class, until the end of the present term."""
    today = helsinki_date(utc_now())
    with reading() as session:
        season = terms_queries.season_on(session, today)
    days = {
        "first_on": today.isoformat(),
        "last_on": season.ends_on.isoformat() if season else "",
    }
    return _class_page(None, FormState(NEW_CLASS | days))


@pages.post("/manage/classes")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def create() -> Response:
    """Create a class, or show what that would do."""
    return forms.handle(
        only_offered(ClassForm()), _create, page=partial(_class_page, None), then=_path
    )


@pages.get("/manage/classes/<uuid:class_id>")
@may(Permission.PLANNING_READ)
def one_class(class_id: uuid.UUID) -> str:
    """A weekly class in its form, with its coming sessions."""
    return _class_page(class_id, FormState(stored_values(class_id)))


@pages.post("/manage/classes/<uuid:class_id>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change(class_id: uuid.UUID) -> Response:
    """Change a class, or show what that would do."""
    return forms.handle(
        only_offered(ClassChangeForm(), stored_values(class_id)["category"]),
        partial(change_stored, class_id),
        page=partial(_class_page, class_id),
        then=_path,
        stored=partial(stored_values, class_id),
    )


def _create(session: Session, data: forms.Data) -> forms.Data:
    details, when = details_from(session, data), weekly_from(data)
    return _dump(service.plan_class(session, current_actor(), details, when, now=utc_now()))


def change_stored(class_id: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    """Carry out a change of a class, from the data of its form; return what it did."""
    plan, actor, now = plan_from(session, class_id, data), current_actor(), utc_now()
    change = service.change_class(session, actor, class_id, plan, now=now)
    if forms.PREVIEW in request.form:
        change = preview_change(session, actor, change, now)
    return _dump(change)


def _dump(change: rules.ClassChange) -> forms.Data:
    dumped: forms.Data = CHANGE.dump(change)
    return dumped | {"unchanged": change.unchanged}


def _path(result: forms.Data) -> str:
    # Not the path of the request: a class that moved is another one afterwards.
    return f"/manage/classes/{result['id']}?done=saved"


def stored_values(class_id: uuid.UUID) -> dict[str, Any]:
    """Return a stored class as the values of its form; a change begins tomorrow by default."""
    with reading() as session:
        values = weekly_json(session, service.class_by_id(session, class_id))
    from_day = max(values["first_on"], helsinki_date(utc_now()) + timedelta(days=1))
    return values | {
        "starts_at": f"{values['starts_at']:%H:%M}",
        "space": str(values["space"] or ONLINE),
        "instructor": str(values["instructor"] or ""),
        "first_on": values["first_on"].isoformat(),
        "last_on": values["last_on"].isoformat(),
        "from_day": from_day.isoformat(),
        "reason": "",
    }


def _class_page(class_id: uuid.UUID | None, state: FormState) -> str:
    note_preview(state.preview)
    with reading() as session:
        rule = service.class_by_id(session, class_id) if class_id else None
        coming = queries.future_sessions(session, rule.id, utc_now()) if rule else []
        changes = _clock_changes(rule) if rule else []
        calendar = calendar_lines(_calendar(session, state.values))
        values = {"name": {}, "description": {}, "bring": {}} | dict(state.values)
        lists = choices(session, values, rule)
    return render_template(
        "booking/weekly_classes/manage_class.html",
        typed=values,
        title=values["name"].get(language()) or _("New weekly class"),
        class_id=class_id,
        key=state.key,
        preview=None if state.preview is None else preview_sentences(state.preview),
        affected=people_of_preview(state.preview),
        coming=coming,
        calendar=calendar,
        clock_changes=changes,
        stored=conflicts.differing(
            field_labels(lists["spaces"], lists["people"]), state.stored, values
        ),
        **lists,
        **refused(state),
        done=one_time.done() is not None,
        weekdays=weekdays(),
        chosen_weekdays=chosen_weekdays({"weekdays": ()} | values),
    )


def _calendar(session: Session, values: Mapping[str, Any]) -> list[CalendarEntry]:
    """Return what is not as usual between the days of the form, where its class is held."""
    now = utc_now()
    today = helsinki_date(now)
    try:
        first, last = (time.parse_day(str(values.get(name))) for name in ("first_on", "last_on"))
    except ValueError:  # as it was typed
        return []
    first, last = max(first, today), min(last, today + rules.LONGEST_LOOK)
    chosen = str(values.get("space", ""))
    campus = next(
        (
            space.campus_id
            for space in spaces_queries.spaces(session)
            if str(space.public_id) == chosen
        ),
        None,
    )
    return calendar_queries.calendar(session, campus, first, last, now) if first <= last else []


def _clock_changes(rule: SessionRule) -> list[str]:
    found = rules.clock_changes(queries.weekly_of(rule), helsinki_date(utc_now()))
    return clock_sentences(
        [item.starts_at for item in found if item.skipped],
        [item.starts_at for item in found if not item.skipped],
    )
