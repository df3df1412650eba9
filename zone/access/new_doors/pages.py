"""The manager's page of a new door and, where there is none yet, of what it leads to."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.areas import queries as areas_queries
from zone.access.areas import service as areas
from zone.access.areas.queries import AreaView
from zone.access.areas.schemas import NewAreaSchema
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges.queries import BridgeView
from zone.access.doors import service as doors
from zone.access.doors.schemas import NewDoorSchema
from zone.access.new_doors.schemas import NewDoorForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.places.campuses.queries import campuses
from zone.web import forms
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("access_new_doors_pages", __name__, template_folder="templates")


@pages.get("/manage/doors/new")
@may(Permission.DOORS_WRITE)
def show() -> str:
    """Show the form of a new door."""
    return _page(FormState())


@pages.post("/manage/doors/new")
@may(Permission.DOORS_WRITE)
@shows_again
def add_door() -> Response:
    """Make a door, and the area that it leads to where that is new."""
    return forms.handle(
        NewDoorForm(),
        _make,
        page=_page,
        then=lambda result: f"/status?done=door_added#door-{result['door']}",
    )


def _make(session: Session, data: Data) -> Data:
    actor, now = current_actor(), utc_now()
    area = data["area"]
    if area is None:
        new = {"name": data["area_name"], "campus": data["campus"], "kinds": data["kinds"]}
        row = areas.add_area(session, NewAreaSchema().load(new), actor=actor, now=now)
        area = row.public_id
    wanted = {name: data[name] for name in ("name", "direction")}
    wanted |= {"area": str(area), "bridge": str(data["bridge"]) if data["bridge"] else None}
    door = doors.add_door(session, NewDoorSchema().load(wanted), actor=actor, now=now)
    return {"door": str(door.public_id)}


def _page(state: FormState) -> str:
    now = utc_now()
    with reading() as session:
        names = {campus.code: campus.name for campus in campuses(session)}
        return render_page(
            state, names, areas_queries.areas(session), bridges_queries.bridges(session, now)
        )


def render_page(
    state: FormState,
    campus_names: Mapping[str, str],
    known: Sequence[AreaView],
    bridges: Sequence[BridgeView],
) -> str:
    """Render the form; `known` are the areas that a door may lead to."""
    places = [(str(one.id), f"{campus_names[one.campus]}: {one.name}") for one in known]
    boxes = [(str(one.id), one.name) for one in bridges if one.state != "revoked"]
    return render_template(
        "access/new_doors/new_door.html",
        form=state,
        refusals=state.messages,
        places=[("", _("A new place, named below")), *places],
        campuses=list(campus_names.items()),
        kinds=[("gym", _("Gym")), ("class", _("Group classes")), ("court", _("Courts"))],
        bridges=[("", _("No bridge")), *boxes],
        ways=[("in", _("On the way in")), ("out", _("On the way out: nobody is refused"))],
        chosen=state.values.get("kinds", []),
        nav="desk",
    )
