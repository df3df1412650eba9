"""The manager's pages of one door, and of a new one. Plain forms."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from firmware_bridge.wire.messages.site import HELD_ALARM_SECONDS, HELD_WARNING_SECONDS
from zone.access.doors import queries, service
from zone.access.doors.queries import DoorView
from zone.access.doors.schemas import DoorForm, NewDoorForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, one_of
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

_USUAL: Final = {
    "direction": "in",
    "strike_ms": 5000,
    "held_warning_seconds": HELD_WARNING_SECONDS,
    "held_alarm_seconds": HELD_ALARM_SECONDS,
}

pages: Final = Blueprint("access_doors_pages", __name__, template_folder="templates")


@pages.get("/manage/doors/<uuid:door_id>")
@may(Permission.DOORS_WRITE)
def show(door_id: uuid.UUID) -> str:
    """Show what is set of a door."""
    return _page(FormState(), door_id)


@pages.post("/manage/doors/<uuid:door_id>")
@may(Permission.DOORS_WRITE)
@shows_again
def change_door(door_id: uuid.UUID) -> Response:
    """Change what is set of a door."""

    def work(session: Session, data: Data) -> Data:
        version = data.pop("version")
        actor, now = current_actor(), utc_now()
        service.change_door(session, door_id, version=version, changes=data, actor=actor, now=now)
        return {}

    return forms.handle(
        DoorForm(),
        work,
        page=partial(_page, door_id=door_id),
        then=lambda _result: _address(door_id, "saved"),
        stored=partial(_stored_door, door_id),
    )


@pages.get("/manage/doors/new")
@may(Permission.DOORS_WRITE)
def new_door() -> str:
    """Show the form of a new door; the query may name its `area`. The only bridge is proposed."""
    with reading() as session:
        _areas, bridges = queries.areas_and_bridges(session)
    bridge = next(iter(bridges)) if len(bridges) == 1 else ""
    area = request.args.get("area", "")
    return _page(FormState(values=_USUAL | {"area": area, "bridge": bridge}))


@pages.post("/manage/doors/new")
@may(Permission.DOORS_WRITE)
@shows_again
def add_door() -> Response:
    """Make a door."""

    def work(session: Session, data: Data) -> Data:
        door = service.add_door(session, data, actor=current_actor(), now=utc_now())
        return {"id": str(door.public_id)}

    return forms.handle(
        NewDoorForm(),
        work,
        page=_page,
        then=lambda result: _address(uuid.UUID(result["id"]), "added"),
    )


def _address(door_id: uuid.UUID, done: str) -> str:
    return url_for("access_doors_pages.show", door_id=door_id, done=done)


def _stored_door(door_id: uuid.UUID) -> dict[str, Any]:
    with reading() as session:
        return values_of(queries.door(session, door_id, utc_now()))


def values_of(door: DoorView) -> dict[str, Any]:
    """Return what is stored of a door as its form sends it."""
    return {
        "version": door.version,
        "name": door.name,
        "area": str(door.area),
        "bridge": str(door.bridge or ""),
        "direction": door.direction,
        "strike_ms": door.strike_ms,
        "held_warning_seconds": door.held_warning_seconds,
        "held_alarm_seconds": door.held_alarm_seconds,
    }


def _page(state: FormState, door_id: uuid.UUID | None = None) -> str:
    now = utc_now()
    with reading() as session:
        door = None if door_id is None else queries.door(session, door_id, now)
        areas, bridges = queries.areas_and_bridges(session)
    return render_page(state, door, areas, bridges, one_time.done())


def render_page(
    state: FormState,
    door: DoorView | None,
    areas: Mapping[str, str],
    bridges: Mapping[str, str],
    done: str | None = None,
) -> str:
    """Render the page of a door; None: of a new one. `areas` and `bridges` are names by id."""
    names = {
        "areas": areas,
        "bridges": {"": _("No bridge"), **_revoked(door), **bridges},
        "ways": {"in": _("On the way in"), "out": _("On the way out: nobody is refused")},
    }
    return render_template(
        "access/doors/door.html",
        door=door,
        form=state,
        values=state.values or (values_of(door) if door else _USUAL),
        choices={name: list(options.items()) for name, options in names.items()},
        refusals=state.messages,
        stored=differing(_labels(names), state.stored, state.values),
        done={
            "saved": _("Saved. The door follows within a second, once it is connected."),
            "added": _("The door is there. Its box learns of it within seconds."),
        }.get(done or ""),
    )


def _revoked(door: DoorView | None) -> dict[str, str]:
    """Return the door's own bridge as a revoked one; where it is not, its name stands for it."""
    if door is None or door.bridge is None:
        return {}
    return {str(door.bridge): _("%(name)s (revoked)", name=door.bridge_name)}


def _labels(names: Mapping[str, Mapping[str, str]]) -> Labels:
    return {
        "name": (_("Name"), str),
        "area": (_("Area"), one_of(names["areas"])),
        "bridge": (_("Bridge"), one_of(names["bridges"])),
        "direction": (_("Its reader"), one_of(names["ways"])),
        "strike_ms": (_("Lock opens for (milliseconds)"), str),
        "held_warning_seconds": (_("Warning when open for (seconds)"), str),
        "held_alarm_seconds": (_("Alarm when open for (seconds)"), str),
    }
