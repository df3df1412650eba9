"""The pages on which managers plan weekly classes. A change can be previewed before it is made."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from marshmallow import Schema, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.cards.pages import kind_names
from zone.booking.cards.views import KINDS, SAME_KIND
from zone.booking.class_change.pages import clock_sentences, preview_sentences
from zone.booking.sessions.pages import level_names
from zone.booking.weekly_classes import queries, rules, service
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import details_from, plan_from, weekly_from, weekly_json
from zone.booking.weekly_classes.schemas import (
    ONLINE,
    ClassChangeForm,
    ClassChangeSchema,
    ClassForm,
)
from zone.core import time
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.i18n import OWN_NAMES
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id
from zone.members.roles.queries import staff
from zone.places.calendar import queries as calendar_queries
from zone.places.calendar.pages import calendar_lines
from zone.places.calendar.rules import CalendarEntry
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries as spaces_queries
from zone.places.terms import queries as terms_queries
from zone.web import conflicts, filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_weekly_classes_pages", __name__, template_folder="templates")

MONDAY: Final = date(2024, 1, 1)
"""Any Monday, to write the names of weekdays."""

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
            spaces=_space_names(session),
            weekdays=_weekdays(),
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
        _only_offered(ClassForm()), _create, page=partial(_class_page, None), then=_path
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
        _only_offered(ClassChangeForm(), stored_values(class_id)["category"]),
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
    plan = plan_from(session, class_id, data)
    return _dump(service.change_class(session, current_actor(), class_id, plan, now=utc_now()))


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
    with reading() as session:
        rule = service.class_by_id(session, class_id) if class_id else None
        coming = queries.future_sessions(session, rule.id, utc_now()) if rule else []
        changes = _clock_changes(rule) if rule else []
        calendar = calendar_lines(_calendar(session, state.values))
        names = _space_names(session)
        spaces = sorted(
            ((str(space.public_id), names[space.id]) for space in spaces_queries.spaces(session)),
            key=lambda option: option[1],  # the campus stands first, so its spaces stand together
        )
        people = _instructors(session, rule)
    values = {"name": {}, "description": {}, "bring": {}} | dict(state.values)
    # A new class begins without a space, so that none is stored unasked.
    prompt = [] if values.get("space") else [("", _("Choose a space"))]
    spaces = [*prompt, *spaces, (ONLINE, _("None, it is online"))]
    people = [("", _("nobody named")), *people]
    return render_template(
        "booking/weekly_classes/manage_class.html",
        typed=values,
        title=values["name"].get(language()) or _("New weekly class"),
        class_id=class_id,
        key=state.key,
        preview=None if state.preview is None else preview_sentences(state.preview),
        coming=coming,
        calendar=calendar,
        clock_changes=changes,
        languages=OWN_NAMES,
        stored=conflicts.differing(_labels(spaces, people), state.stored, values),
        refusals=state.sentences(field_sentences()),
        taken=[_taken_sentence(item) for item in state.details.get("taken_by", [])],
        free=state.details.get("alternatives", []),
        spaces=spaces,
        people=people,
        done=one_time.done() is not None,
        weekdays=_weekdays(),
        chosen_weekdays=chosen_weekdays({"weekdays": ()} | values),
        kinds=list(_kind_names().items()),
        levels=list(level_names().items()),
        categories=_categories(values.get("category") or ""),
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


def _space_names(session: Session) -> dict[int, str]:
    campus_names = {campus.id: campus.name for campus in campuses_queries.campuses(session)}
    column = f"name_{language()}"
    return {
        space.id: f"{campus_names[space.campus_id]}, {getattr(space, column)}"
        for space in spaces_queries.spaces(session)
    }


def _instructors(session: Session, rule: SessionRule | None) -> list[tuple[str, str]]:
    people = [
        (str(person.id), person.name or person.email)
        for person in staff(session)
        if "instructor" in person.roles
    ]
    if rule is None or rule.instructor_id is None:
        return people
    member = member_by_id(session, rule.instructor_id)
    if str(member.public_id) in dict(people):
        return people
    # Without this option a browser would send "nobody", whatever else was changed.
    name = _("%(name)s (no longer an instructor)", name=member.name or member.email)
    return [*people, (str(member.public_id), name)]


def _weekdays() -> list[tuple[int, str]]:
    """Return (1 for Monday … 7, the name as used outside a sentence)."""
    return [
        (number, filters.weekday(MONDAY + timedelta(days=number - 1), "long"))
        for number in range(1, 8)
    ]


def chosen_weekdays(values: Mapping[str, Any]) -> list[int]:
    """Return the weekdays of a form: numbers where they are stored, text where they were typed."""
    return [number for number in range(1, 8) if str(number) in map(str, values["weekdays"])]


def _weekday_names(days: Sequence[Any]) -> str:
    return conflicts.some_of(dict(_weekdays()))(chosen_weekdays({"weekdays": days}))


def _kind_names() -> dict[str, str]:
    return {
        "class": _("Group class"),
        "course": _("Course"),
        "low_threshold": _("Low-threshold group"),
        "online": _("Online, live"),
        "ball_turn": _("Ball-game turn"),
        "club_turn": _("Club turn"),
        "event": _("Event"),
    }


def _categories(chosen: str) -> list[tuple[str, str]]:
    """Return the kinds of exercise to choose from; one that only this class has stays among them.

    A new class begins without any, so that none is stored unasked.
    """
    kinds = [(kind, _category_name(kind)) for kind in KINDS]
    if not chosen:
        return [("", _("Choose")), *kinds]
    return kinds if chosen in KINDS else [(chosen, _category_name(chosen)), *kinds]


def _only_offered(schema: Schema, chosen: str = "") -> Schema:
    """Let a form take only the kinds of exercise that it offers; programs may have others."""
    offered = [kind for kind, _name in _categories(chosen)]
    field = schema.fields["category"]
    # A list of its own: all schemas of the class share that of the field.
    field.validators = [*field.validators, validate.OneOf(offered)]
    return schema


def _category_name(category: str) -> str:
    """Return a kind of exercise in the reader's language; what has no word there, as it is."""
    return kind_names().get(SAME_KIND.get(category, category), category)


def _taken_sentence(item: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(item[name]) for name in ("starts_at", "ends_at"))
    # A reservation has no name here: who reserved a space is not shown to others.
    name = item["name"][language()] if item["name"] else _("a space booked for own use")
    return f"{filters.moment(start)}–{filters.clock(end)}: {name}"


def _labels(
    spaces: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]]
) -> conflicts.Labels:
    """Return the labels of the form and how its values read, also of those that it only keeps."""
    gone = _("not in the list any more")
    texts = {
        f"{field}-{code}": (f"{label}, {name}", str)
        for field, label in (
            ("name", _("Name")),
            ("description", _("What it is about")),
            ("bring", _("What to bring")),
        )
        for code, name in OWN_NAMES.items()
    }
    return texts | {
        "kind": (_("What it is"), conflicts.one_of(_kind_names())),
        "category": (_("Kind of exercise"), _category_name),
        "level": (_("Whom it suits"), conflicts.one_of(level_names())),
        "instructor": (_("Instructor"), conflicts.one_of(dict(people), gone)),
        "live": (_("Held live"), conflicts.yes_or_no),
        "space": (_("Space"), conflicts.one_of(dict(spaces), gone)),
        "capacity": (_("Places"), str),
        "bookable_percent": (_("Share of the places that can be booked (percent)"), str),
        "weekdays": (_("Weekdays"), _weekday_names),
        "starts_at": (_("Start"), conflicts.clock_time),
        "minutes": (_("Minutes"), str),
        "last_on": (_("Last day"), conflicts.day),
    }


def field_sentences() -> dict[str, str]:
    """Return what is wrong with each field of a class, where it is wrong."""
    defaults = {
        name: _("Check the field: %(name)s", name=name) for name in ClassChangeForm().fields
    }
    return defaults | {
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "category": _("Choose the kind of exercise."),
        "description": _("Describe the class in at most 1000 characters in each language."),
        "bring": _("Say what to bring in at most 200 characters in each language."),
        "space": _(
            "Choose a space. Only an online session has none; say then how many places it has."
        ),
        "weekdays": _("Choose one weekday at least."),
        "starts_at": _("Give the start as a time of day, such as 17:00."),
        "minutes": _("Give the length in minutes, from 5 to 1440."),
        "first_on": _("Choose the first day."),
        "last_on": _("Choose the last day, not before the first."),
        "from_day": _("Choose the day from which the change holds."),
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
