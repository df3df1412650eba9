"""JSON of the live doors: the newest scans, open refusals and offline bridges."""

import uuid
from typing import Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.desk.live_doors import queries, schemas, service
from zone.desk.live_doors.context import SHOWN_FOR
from zone.desk.live_doors.rules import LOOK
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.looks import note_looks
from zone.web.refusals import refuses

api: Final = Blueprint("desk_live_doors", __name__, tag="desk")


@api.get("/desk/doors")
@api.response(200, schemas.LiveDoorsSchema)
@may(Permission.DESK_USE)
def show_doors() -> queries.LiveDoors:
    """What happens at the doors: refusals that wait for somebody, the newest scans, bridges that
    are not heard.
    """
    with reading() as session:
        live = queries.live(session, language(), utc_now())
    note_looks(LOOK, "entry", live.shown, period=SHOWN_FOR)
    return live


@api.post("/desk/denials/<uuid:entry>/handled")
@api.response(204)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF)
def handle(entry: uuid.UUID) -> None:
    """Say that a refusal was dealt with; doing it again changes nothing."""
    with writing() as session:
        service.handle_denial(session, current_actor(), entry, now=utc_now())
