"""The managers' pages of campuses: their names, and where they are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.places.campuses import queries, service
from zone.places.campuses.schemas import CampusFormSchema, CampusPlaceSchema, NewCampusSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.schemas import dump_json

pages: Final = Blueprint("places_campuses_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/campuses"


@pages.get(PAGE)
@may(Permission.TIMETABLE_WRITE)
def campuses() -> str:
    """The campuses; with `?code=` one of them."""
    code = request.args.get("code")
    return _render_campus(code) if code else _render_campuses()


@pages.get(f"{PAGE}/new")
@may(Permission.TIMETABLE_WRITE)
def new_campus() -> str:
    """The form of a new campus."""
    return campus_page(None, FormState())


@pages.post(f"{PAGE}/new")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def add_campus() -> Response:
    """Add a campus, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        campus = service.add_campus(session, current_actor(), **data, now=utc_now())
        return {"code": campus.code}

    return forms.handle(
        NewCampusSchema(),
        work,
        page=lambda state: campus_page(None, state),
        then=lambda result: _address(result, "added"),
    )


@pages.post(PAGE)
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_campus() -> Response:
    """Change the name or the address of a campus."""

    def work(session: Session, data: Data) -> Data:
        code, version = data.pop("code"), data.pop("version")
        service.change_campus(
            session, current_actor(), code, version=version, changes=data, now=utc_now()
        )
        return {"code": code}

    return forms.handle(
        CampusFormSchema(),
        work,
        page=lambda state: _render_campus(state.values.get("code"), state),
        then=lambda result: _address(result, "saved"),
        stored=lambda: _stored(request.form.get("code")),
    )


def _address(result: Data, done: str) -> str:
    return f"{PAGE}?{urlencode({'code': result['code'], 'done': done})}"


def _stored(code: str | None) -> dict[str, Any]:
    with reading() as session:
        campus = queries.campus_by_code(session, code or "")
        return dump_json(CampusPlaceSchema(), queries.campus_values(campus))


def _render_campuses() -> str:
    with reading() as session:
        rows = [queries.campus_values(campus) for campus in queries.campuses(session)]
    return campuses_page(rows)


def campuses_page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of all campuses."""
    return render_template("places/campuses/manage_campuses.html", campuses=rows)


def _render_campus(code: str | None, form: FormState | None = None) -> str:
    campus = _stored(code)
    return campus_page(campus, form or FormState(campus), one_time.done())


def campus_page(campus: Mapping[str, Any] | None, form: FormState, done: str | None = None) -> str:
    """Return the page of a campus, or of a new one."""
    labels = _labels()
    sentences = {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give a name of at most 120 characters."),
        "street": _("Give the street and the number, at most 120 characters."),
        "postal_code": _("Give the postal code in five digits."),
        "city": _("Give the city, at most 60 characters."),
        "latitude": _("Give the latitude in degrees: 60.2236"),
        "longitude": _("Give the longitude in degrees: 25.0776"),
    }
    return render_template(
        "places/campuses/campus.html",
        campus=campus,
        form=form,
        labels={name: label for name, (label, _show) in labels.items()},
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(sentences),
        done=done,
    )


def _labels() -> Labels:
    return {
        "name": (_("Name"), str),
        "street": (_("Street and number"), str),
        "postal_code": (_("Postal code"), str),
        "city": (_("City"), str),
        "latitude": (_("Latitude"), _degrees),
        "longitude": (_("Longitude"), _degrees),
    }


def _degrees(value: Any) -> str:
    return f"{float(value):g}"
