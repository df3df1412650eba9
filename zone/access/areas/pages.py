"""The manager's pages of one area, and of a new one. Plain forms."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.areas import queries, service
from zone.access.areas.queries import AreaChoices, AreaView
from zone.access.areas.schemas import AreaForm, NewAreaForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.passes.entitlements.views import opened_names
from zone.web import filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, one_of, some_of, yes_or_no
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.problems import INVALID_INPUT

pages: Final = Blueprint("access_areas_pages", __name__, template_folder="templates")


@pages.get("/manage/areas/<uuid:area_id>")
@may(Permission.DOORS_WRITE)
def show(area_id: uuid.UUID) -> str:
    """Show what is set of an area."""
    return _page(FormState(), area_id)


@pages.post("/manage/areas/<uuid:area_id>")
@may(Permission.DOORS_WRITE)
@shows_again
def change_area(area_id: uuid.UUID) -> Response:
    """Change what is set of an area."""

    def work(session: Session, data: Data) -> Data:
        version = data.pop("version")
        actor, now = current_actor(), utc_now()
        service.change_area(session, area_id, version=version, changes=data, actor=actor, now=now)
        return {}

    return forms.handle(
        AreaForm(),
        work,
        page=partial(_page, area_id=area_id),
        then=lambda _result: _address(area_id, "saved"),
        stored=partial(_stored_area, area_id),
    )


@pages.get("/manage/areas/new")
@may(Permission.DOORS_WRITE)
def new_area() -> str:
    """Show the form of a new area."""
    return _page(FormState())


@pages.post("/manage/areas/new")
@may(Permission.DOORS_WRITE)
@shows_again
def add_area() -> Response:
    """Make an area; its spaces are chosen on its own page."""

    def work(session: Session, data: Data) -> Data:
        if data["campus"] not in queries.area_choices(session, None).campuses:
            raise DomainError(INVALID_INPUT, fields={"campus": ["Not a campus."]})
        area = service.add_area(session, data, actor=current_actor(), now=utc_now())
        return {"id": str(area.public_id)}

    return forms.handle(
        NewAreaForm(),
        work,
        page=_page,
        then=lambda result: _address(uuid.UUID(result["id"]), "added"),
    )


def _address(area_id: uuid.UUID, done: str) -> str:
    return url_for("access_areas_pages.show", area_id=area_id, done=done)


def _stored_area(area_id: uuid.UUID) -> dict[str, Any]:
    with reading() as session:
        return values_of(queries.area(session, area_id))


def values_of(area: AreaView) -> dict[str, Any]:
    """Return what is stored of an area as its form sends it."""
    return {
        "version": area.version,
        "name": area.name,
        "kinds": area.kinds,
        "spaces": [str(space) for space in area.spaces],
        "proves_presence": area.proves_presence,
        "needs_booking": area.needs_booking,
        "sensitive": area.sensitive,
        "always_open": area.always_open,
        "passback": area.passback,
        "passback_seconds": area.passback_seconds,
        "occupancy_limit": area.occupancy_limit,
        "stay_minutes": area.stay_minutes,
    }


def _page(state: FormState, area_id: uuid.UUID | None = None) -> str:
    with reading() as session:
        area = None if area_id is None else queries.area(session, area_id)
        choices = queries.area_choices(session, area)
    return render_page(state, area, choices, one_time.done())


def render_page(
    state: FormState, area: AreaView | None, choices: AreaChoices, done: str | None = None
) -> str:
    """Render the page of an area; None: of a new one."""
    spaces = {space: filters.own_name(names) for space, names in choices.spaces.items()}
    labels = _labels(spaces)
    return render_template(
        "access/areas/area.html",
        area=area,
        form=state,
        values=state.values or (values_of(area) if area else _USUAL),
        choices=choices,
        spaces=list(spaces.items()),
        kinds=list(opened_names(language()).items()),
        passbacks=list(_passbacks().items()),
        labels={name: label for name, (label, _show) in labels.items()},
        refusals=state.messages,
        stored=differing(labels, state.stored, state.values),
        done={
            "saved": _("Saved. The doors follow within a second, once they are connected."),
            "added": _("The area is there. Choose the spaces that it holds, and make its doors."),
        }.get(done or ""),
    )


_USUAL: Final = {"kinds": ["gym"], "passback": "soft", "passback_seconds": 60, "stay_minutes": 90}


def _passbacks() -> dict[str, str]:
    return {
        "off": _("Let them in"),
        "soft": _("Let them in, and mark the entry"),
        "timed": _("Refuse them for that time"),
        "hard": _("Refuse them until they have left by a reader on the way out"),
    }


def _labels(spaces: Mapping[str, str]) -> Labels:
    return {
        "name": (_("Name"), str),
        "kinds": (_("Opens to passes with"), some_of(opened_names(language()))),
        "spaces": (_("Spaces that it holds"), some_of(spaces)),
        "needs_booking": (_("Opens only to those who have booked one of its spaces"), yes_or_no),
        "proves_presence": (
            _("Coming in counts as being present at what is booked there"),
            yes_or_no,
        ),
        "always_open": (_("Day and night, whatever the campus's hours"), yes_or_no),
        "sensitive": (_("Sensitive: offline, its doors open for 24 hours only"), yes_or_no),
        "passback": (_("Somebody who comes in again"), one_of(_passbacks())),
        "passback_seconds": (_("Again means within (seconds)"), str),
        "occupancy_limit": (_("At most so many people inside"), str),
        "stay_minutes": (_("A visit counts for (minutes)"), str),
    }
