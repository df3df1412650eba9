"""The pages on which managers plan weekly classes. Each change is shown before it is made."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.weekly_classes import queries, service
from zone.booking.weekly_classes.queries import offer_from, weekly_from, weekly_json
from zone.booking.weekly_classes.schemas import ClassChangeRequest, ClassRequest
from zone.booking.weekly_classes.service import Change, ClassPlan
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.members.roles.queries import staff
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries as spaces_queries
from zone.places.terms import queries as terms_queries
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_weekly_classes_pages", __name__, template_folder="templates")
NUMBERS: Final = ("weekday", "minutes", "capacity", "bookable_percent")
Refusal = ValidationError | DomainError


@pages.app_template_filter("weekday_name")
def weekday_name(day: date) -> str:
    """The name of a weekday, as it stands alone."""
    return str(format_date(day, "cccc"))


@pages.app_template_filter("instant")
def instant(text: str) -> datetime:
    """The instant that a refusal carries as text."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form shows besides what was typed: why it was refused, or what it would do."""

    refusal: Refusal | None = None
    preview: Change | None = None
    stored: Mapping[str, Any] | None = None


@pages.get("/manage/classes")
@may(Permission.PLANNING_READ)
def weekly_classes() -> str:
    """The weekly classes, by weekday."""
    with reading() as session:
        found = queries.classes(session, helsinki_date(utc_now()))
        return render_template(
            "booking/weekly_classes/manage_classes.html",
            classes=found,
            spaces=_space_names(session),
            monday=date(2024, 1, 1),
            day=timedelta(days=1),
        )


@pages.get("/manage/classes/new")
@may(Permission.PLANNING_READ)
def new_class() -> str:
    """An empty form, for the term that is on."""
    now = utc_now()
    with reading() as session:
        season = terms_queries.season_on(session, helsinki_date(now))
    typed = {
        "kind": "class",
        "weekday": 1,
        "minutes": 60,
        "starts_at": "17:00",
        "live": True,
        "name": {},
    }
    typed |= {
        "first_on": helsinki_date(now).isoformat(),
        "last_on": season.ends_on.isoformat() if season else "",
    }
    return _form(typed, None, Shown())


@pages.post("/manage/classes")
@may(Permission.TIMETABLE_WRITE)
def create() -> Response | tuple[str, int] | str:
    """Show what a new class makes, or make it. The form carries its own key: a second tap makes one class."""
    typed, key = typed_class(request.form), request.form.get("key", "")
    try:
        wish = _loaded(ClassRequest(), typed)
        done = (
            _once(typed, partial(_create, wish))
            if "do" in request.form
            else _tried(partial(_create, wish))
        )
    except (ValidationError, DomainError) as refusal:
        return _form(typed, None, Shown(refusal), key=key), _status_of(refusal)
    if "do" in request.form:
        return redirect(f"/manage/classes/{done.rule}?done=saved", 303)
    return _form(typed, None, Shown(preview=done), key=key)


def _create(wish: dict[str, Any], session: Session) -> Change:
    offer, when = offer_from(session, wish), weekly_from(wish)
    return service.create(session, offer, when, actor_id=current_actor().id, now=utc_now())


def _once(typed: dict[str, Any], work: Callable[[Session], Change]) -> Change:
    kept = idempotency_key.submit_once(typed, lambda session: {"rule": str(work(session).rule)})
    return Change(uuid.UUID(kept["rule"]))


def _tried(work: Callable[[Session], Change]) -> Change:
    """What the work would do: it is done, looked at, and taken back."""
    with writing() as session:
        done = work(session)
        session.rollback()
    return done


@pages.get("/manage/classes/<uuid:class_id>")
@may(Permission.PLANNING_READ)
def one_class(class_id: uuid.UUID) -> str:
    """A weekly class in its form, with its coming sessions."""
    with reading() as session:
        typed = _typed_of(session, class_id)
    return _form(typed, class_id, Shown())


@pages.post("/manage/classes/<uuid:class_id>")
@may(Permission.TIMETABLE_WRITE)
def change(class_id: uuid.UUID) -> Response | tuple[str, int] | str:
    """Show what a change does, or do it, once for the form's key.

    What was typed stays when somebody else has changed the class meanwhile.
    """
    typed = typed_class(request.form)
    work = partial(_change, class_id, typed)
    try:
        if "do" not in request.form:
            return _form(typed, class_id, Shown(preview=_tried(work)))
        done = _once(typed, work)
    except (ValidationError, DomainError) as refusal:
        if isinstance(refusal, DomainError) and refusal.reasons[0] is NOT_FOUND:
            raise
        return _refused(class_id, typed, refusal), _status_of(refusal)
    return redirect(f"/manage/classes/{done.rule}?done=saved", 303)


def _change(class_id: uuid.UUID, typed: dict[str, Any], session: Session) -> Change:
    wish = _loaded(ClassChangeRequest(), typed)
    plan = ClassPlan(
        offer_from(session, wish),
        weekly_from(wish),
        wish["version"],
        wish["from_day"],
        wish["reason"],
    )
    return service.change(session, class_id, plan, actor_id=current_actor().id, now=utc_now())


def _refused(class_id: uuid.UUID, typed: dict[str, Any], refusal: Refusal) -> str:
    stored = None
    if isinstance(refusal, DomainError) and refusal.reasons[0] is EDITED_MEANWHILE:
        with reading() as session:
            stored = _typed_of(session, class_id)
        typed = typed | {"version": stored["version"]}
    return _form(typed, class_id, Shown(refusal, stored=stored))


def _typed_of(session: Session, class_id: uuid.UUID) -> dict[str, Any]:
    """A stored class in the shape of the form."""
    kept = weekly_json(session, service.class_by_id(session, class_id))
    first = max(kept["first_on"], helsinki_date(utc_now()) + timedelta(days=1))
    return kept | {
        "starts_at": f"{kept['starts_at']:%H:%M}",
        "space": str(kept["space"] or ""),
        "instructor": str(kept["instructor"] or ""),
        "first_on": kept["first_on"].isoformat(),
        "last_on": kept["last_on"].isoformat(),
        "from_day": first.isoformat(),
        "reason": "",
    }


def typed_class(form: Mapping[str, str]) -> dict[str, Any]:
    """The form in the shape of the JSON; what is no number stays as it was typed, and is refused."""
    typed: dict[str, Any] = {name: clean_text(form.get(name, "")) for name in TEXTS if name in form}
    typed |= {name: _number(form[name]) for name in NUMBERS if form.get(name)}
    typed["name"] = {code: clean_text(form.get(f"name-{code}", "")) for code in LANGUAGES}
    typed["live"] = True
    return typed


TEXTS: Final = (
    "kind",
    "category",
    "space",
    "instructor",
    "starts_at",
    "first_on",
    "last_on",
    "version",
    "from_day",
    "reason",
)


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else text


def _loaded(schema: Schema, typed: dict[str, Any]) -> dict[str, Any]:
    empty_is_none = {name: typed.get(name) or None for name in ("space", "instructor")}
    wish: dict[str, Any] = schema.load(typed | empty_is_none)
    return wish


def _form(typed: Mapping[str, Any], class_id: uuid.UUID | None, shown: Shown, key: str = "") -> str:
    with reading() as session:
        names = _space_names(session)
        people = [
            (str(one.id), one.name or one.email)
            for one in staff(session)
            if "instructor" in one.roles
        ]
        rule = service.class_by_id(session, class_id) if class_id else None
        coming = queries.coming(session, rule.id, utc_now()) if rule else []
        spaces = [
            (str(space.public_id), names[space.id]) for space in spaces_queries.spaces(session)
        ]
    extra = shown.refusal.extra if isinstance(shown.refusal, DomainError) else {}
    return render_template(
        "booking/weekly_classes/manage_class.html",
        typed=typed,
        class_id=class_id,
        key=key or new_secret(),
        preview=shown.preview,
        coming=coming,
        stored=shown.stored,
        refusals=_told(shown.refusal),
        taken=extra.get("taken_by", []),
        free=extra.get("alternatives", []),
        spaces=spaces,
        people=people,
        done="done" in request.args,
        monday=date(2024, 1, 1),
        day=timedelta(days=1),
        kinds=kind_words(),
    )


def _space_names(session: Session) -> dict[int, str]:
    campus = {one.id: one.name for one in campuses_queries.campuses(session)}
    own = f"name_{language()}"
    return {
        space.id: f"{campus[space.campus_id]}, {getattr(space, own)}"
        for space in spaces_queries.spaces(session)
    }


def kind_words() -> dict[str, str]:
    """What a weekly session can be, in words."""
    return {
        "class": _("Group class"),
        "course": _("Course"),
        "low_threshold": _("Low-threshold group"),
        "online": _("Online, live"),
        "ball_turn": _("Ball-game turn"),
        "club_turn": _("Club turn"),
        "event": _("Event"),
    }


def _status_of(refusal: Refusal) -> int:
    return refusal.status if isinstance(refusal, DomainError) else 422


def _told(refusal: Refusal | None) -> list[str]:
    if isinstance(refusal, ValidationError):
        known = _field_sentences()
        return [
            known.get(name, _("Check the field: %(name)s", name=name))
            for name in refusal.messages_dict
        ]
    return refusal_messages(refusal)


def _field_sentences() -> dict[str, str]:
    return {
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "category": _("Say what kind of exercise it is, in at most 40 characters."),
        "space": _(
            "Choose a space. Only an online session has none; say then how many places it has."
        ),
        "starts_at": _("Give the start as a time of day, such as 17:00."),
        "minutes": _("Give the length in minutes, from 5 to 1440."),
        "first_on": _("Choose the first day."),
        "last_on": _("Choose the last day, not before the first."),
        "from_day": _("Choose the day from which the change holds."),
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
