"""The managers' pages of spaces: halls with their parts, and who may book them."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries, service, views
from zone.places.spaces.rules import MOST_PARTS
from zone.places.spaces.schemas import (
    STEPS,
    NewHallFormSchema,
    SpaceFormSchema,
    SpaceOfPartsFormSchema,
    SpaceSchema,
)
from zone.places.spaces.views import CampusSpaces, SpaceValues
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, yes_or_no
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.schemas import dump_json

pages: Final = Blueprint("places_spaces_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/spaces"


@pages.get(PAGE)
@may(Permission.TIMETABLE_WRITE)
def spaces() -> str:
    """The spaces of every campus; with `?campus=` of one, with `?own_use=1` those for own use."""
    campus, own_use = request.args.get("campus"), request.args.get("own_use") == "1"
    with reading() as session:
        places = _campuses(session)
        rows = [queries.space_values(*row) for row in queries.spaces_with_parts(session)]
    shown = [row for row in rows if row["own_use"]] if own_use else rows
    chosen = {code: name for code, name in places.items() if campus in (None, code)} or places
    return spaces_page(
        views.by_campus(chosen.items(), shown), own_use=own_use, done=one_time.done() is not None
    )


@pages.get(f"{PAGE}/new")
@may(Permission.TIMETABLE_WRITE)
def new_hall() -> str:
    """The form of a new hall and its parts."""
    return _render_hall(FormState({"campus": request.args.get("campus")}))


@pages.post(f"{PAGE}/new")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def add_hall() -> Response:
    """Add a hall with its parts, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.add_hall(session, current_actor(), **data, now=utc_now())
        return {"campus": data["campus"]}

    return forms.handle(
        NewHallFormSchema(),
        work,
        page=_render_hall,
        then=_to_campus,
        choices=lambda session: {"campus": _campuses(session)},
    )


@pages.get(f"{PAGE}/of-parts")
@may(Permission.TIMETABLE_WRITE)
def new_space() -> str:
    """The form of a space out of parts that a campus has."""
    return _render_of_parts(FormState({"campus": request.args.get("campus")}))


@pages.post(f"{PAGE}/of-parts")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def add_space() -> Response:
    """Add a space out of parts that there are, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        campus, name = data.pop("campus"), data.pop("name")
        for part in data["parts"]:
            forms.check_choice({"parts": part}, "parts", queries.parts_of_campus(session, campus))
        service.add_space(
            session,
            current_actor(),
            campuses_queries.campus_by_code(session, campus),
            names=(name["fi"], name["sv"], name["en"]),
            **data,
            now=utc_now(),
        )
        return {"campus": campus}

    return forms.handle(SpaceOfPartsFormSchema(), work, page=_render_of_parts, then=_to_campus)


@pages.get(f"{PAGE}/<uuid:space>")
@may(Permission.TIMETABLE_WRITE)
def one_space(space: uuid.UUID) -> str:
    """A space: its names, its people, and its rules for own use."""
    return _render_space(FormState(_stored(space)), space)


@pages.post(f"{PAGE}/<uuid:space>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_space(space: uuid.UUID) -> Response:
    """Change a space; bookings that were made keep what they hold."""

    def work(session: Session, data: Data) -> Data:
        version, name = data.pop("version"), data.pop("name")
        changes = data | {f"name_{language}": text for language, text in name.items()}
        service.change_space(
            session, current_actor(), space, version=version, changes=changes, now=utc_now()
        )
        return {}

    return forms.handle(
        SpaceFormSchema(),
        work,
        page=partial(_render_space, space=space),
        then=lambda _result: f"{PAGE}/{space}?done=saved",
        stored=partial(_stored, space),
    )


def _to_campus(result: Data) -> str:
    return f"{PAGE}?{urlencode({'campus': result['campus'], 'done': 'added'})}"


def _campuses(session: Session) -> dict[str, str]:
    return {one.code: one.name for one in campuses_queries.campuses(session)}


def _stored(space: uuid.UUID) -> dict[str, Any]:
    with reading() as session:
        row = queries.space_with_parts(session, space)
        return dump_json(SpaceSchema(), queries.space_values(*row))


def spaces_page(
    places: Sequence[CampusSpaces], *, own_use: bool = False, done: bool = False
) -> str:
    """Return the page of the spaces of campuses; `own_use`: of those for own use only."""
    return render_template(
        "places/spaces/manage_spaces.html", places=places, own_use=own_use, done=done
    )


def _render_hall(form: FormState) -> str:
    with reading() as session:
        return hall_page(_campuses(session), form)


def hall_page(campuses: Mapping[str, str], form: FormState) -> str:
    """Return the page of a new hall."""
    sentences = _sentences() | {
        "parts": _("Say into how many parts it is divided, 12 at most; 0 for none."),
        "part_name": _("Give the name of a part in all three languages."),
        "part_capacity": _("Say how many people may be in each part."),
    }
    return render_template(
        "places/spaces/new_hall.html",
        campuses=list(campuses.items()),
        form=form,
        most=MOST_PARTS,
        labels=_names_of(_labels()),
        refusals=form.sentences(sentences),
    )


def _render_of_parts(form: FormState) -> str:
    with reading() as session:
        campus = campuses_queries.campus_by_code(session, form.values.get("campus") or "")
        parts = queries.parts_of_campus(session, campus.code)
        rows = queries.spaces_with_parts(session, campus.code)
        of_campus = [queries.space_values(*row) for row in rows]
    return of_parts_page(
        (campus.code, campus.name), views.named_parts(parts, of_campus, language()), form
    )


def of_parts_page(campus: tuple[str, str], parts: Mapping[str, str], form: FormState) -> str:
    """Return the page of a space out of `parts` of a campus, which are named by their codes."""
    return render_template(
        "places/spaces/new_space.html",
        campus=campus,
        parts=list(parts.items()),
        form=form,
        labels=_names_of(_labels()),
        refusals=form.sentences(_sentences() | {"parts": _("Choose at least one part.")}),
    )


def _render_space(form: FormState, space: uuid.UUID) -> str:
    with reading() as session:
        one = queries.space_values(*queries.space_with_parts(session, space))
        rows = queries.spaces_with_parts(session, one["campus"])
        others = views.sharing(one, [queries.space_values(*row) for row in rows])
        campus = campuses_queries.campus_by_code(session, one["campus"]).name
    return space_page(one, campus, others, form, done=one_time.done() is not None)


def space_page(
    one: SpaceValues,
    campus: str,
    others: Sequence[SpaceValues],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of a space; `others` share parts with it."""
    labels = _labels()
    return render_template(
        "places/spaces/space.html",
        one=one,
        campus=campus,
        others=others,
        form=form,
        steps=[(str(step), str(step)) for step in STEPS],
        labels=_names_of(labels),
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _names_of(labels: Labels) -> dict[str, str]:
    return {name: label for name, (label, _show) in labels.items()}


def _sentences() -> dict[str, str]:
    return {
        "campus": _("Choose the campus."),
        "code": _("Give a short code: a to z, digits and hyphens."),
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "capacity": _("Say how many people may be in it."),
        "companions": _("Say how many others the booker may bring, 20 at most."),
        "step_minutes": _("Choose one of the times on which a booking may begin."),
        "least_minutes": _("Give the shortest time in minutes, from 5 to 1440."),
        "most_minutes": _("Give the longest time in minutes, from 5 to 1440."),
        "before_minutes": _("Give the minutes before in steps of five, 120 at most."),
        "after_minutes": _("Give the minutes after in steps of five, 120 at most."),
    }


def _labels() -> Labels:
    return {
        "name-fi": (_("Name in Finnish"), str),
        "name-sv": (_("Name in Swedish"), str),
        "name-en": (_("Name in English"), str),
        "capacity": (_("People at most"), str),
        "own_use": (_("People may book it for own use"), yes_or_no),
        "companions": (_("Others whom the booker may bring"), str),
        "step_minutes": (_("A booking begins on every so many minutes"), str),
        "least_minutes": (_("Shortest booking (minutes)"), str),
        "most_minutes": (_("Longest booking (minutes)"), str),
        "before_minutes": (_("Kept free before (minutes)"), str),
        "after_minutes": (_("Kept free after (minutes)"), str),
    }
