"""The page Status: bridges, doors and open alarms. Plain forms, no JavaScript."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from zone.access.alarms import queries as alarms_queries
from zone.access.alarms import service as alarms
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges.queries import BridgeView
from zone.access.doors import queries as doors_queries
from zone.access.doors.queries import DoorView, LastEntry
from zone.access.roster import queries as roster_queries
from zone.access.status.views import BridgeCard, DoorCard, StatusTag
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.places.campuses.queries import campuses
from zone.web.auth import current_actor, may

pages = Blueprint("access_status_pages", __name__, template_folder="templates")

# Colour, icon and text.
DOOR_STATES: Final = {
    "normal": ("ok", "circle-check", lazy_gettext("In use")),
    "blocked": ("bad", "ban", lazy_gettext("Blocked")),
    "lockdown": ("bad", "lock", lazy_gettext("Lockdown")),
}
CLOCKS: Final = {
    "synced": ("ok", "circle-check", lazy_gettext("Right")),
    "holdover": ("warn", "clock", lazy_gettext("On its own")),
    "unset": ("bad", "circle-x", lazy_gettext("Not set")),
}
ALARMS: Final = {
    "chain_break": lazy_gettext("An entry was changed or taken out of the journal"),
    "code_used_twice": lazy_gettext("Two doors let in the same code"),
    "offline": lazy_gettext("The bridge is offline"),
    "disk_full": lazy_gettext("The disk is full: nobody is let in"),
    "clock_unset": lazy_gettext("The clock is not set: no code is accepted"),
    "journal_chain": lazy_gettext("The journal on the box was changed"),
    "relay_fault": lazy_gettext("The lock's relay does not answer"),
    "reader_lost": lazy_gettext("The reader is gone"),
    "unknown_word": lazy_gettext(
        "The bridge and the server have different versions: update the older one"
    ),
}
ENTRIES: Final = {
    "opened_by_desk": lazy_gettext("Opened from the desk"),
    "order_refused": lazy_gettext("A command from the desk was refused"),
    "relay_fault": lazy_gettext("The lock's relay does not answer"),
    "reader_lost": lazy_gettext("The reader is gone"),
    "reader_back": lazy_gettext("The reader is back"),
    "started": lazy_gettext("The bridge started"),
    "forced_open": lazy_gettext("Forced open"),
    "held_open": lazy_gettext("Held open too long"),
    "not_opened": lazy_gettext("Nobody went in"),
}


@pages.get("/status")
@may(Permission.DOORS_READ)
def show() -> str:
    """Show bridges, doors, alarms and the change feed as they are now."""
    now, may_write = utc_now(), current_actor().may(Permission.DOORS_WRITE)
    with reading() as session:
        campus_names = {campus.code: campus.name for campus in campuses(session)}
        return render_template(
            "access/status/status.html",
            bridges=[
                _bridge_card(bridge, campus_names)
                for bridge in bridges_queries.bridges(session, now)
            ],
            doors=[_door_card(door) for door in doors_queries.doors(session, now)],
            alarms=alarms_queries.alarms(session, every=False),
            feed=roster_queries.feed_status(session),
            now=now,
            alarm_texts=ALARMS,
            may=may_write,
            nav="targets" if may_write else "desk",
        )


@pages.post("/status/alarms/<uuid:alarm_id>/acknowledge")
@may(Permission.DOORS_WRITE)
def acknowledge(alarm_id: uuid.UUID) -> Response:
    """Record that the member of staff takes care of an alarm."""
    with writing() as session:
        alarms.acknowledge(session, alarm_id, actor=current_actor(), now=utc_now())
    return redirect(url_for("access_status_pages.show"), 303)


def _bridge_card(bridge: BridgeView, campus_names: Mapping[str, str]) -> BridgeCard:
    return BridgeCard(
        bridge,
        campus_names[bridge.campus],
        _connection_tag(bridge),
        _tag(CLOCKS[bridge.clock]) if bridge.clock else None,
    )


def _connection_tag(bridge: BridgeView) -> StatusTag:
    if bridge.state == "revoked":
        return StatusTag("info", "ban", _("Revoked"))
    if bridge.state == "waiting":
        return StatusTag("info", "hourglass", _("Not enrolled yet"))
    if bridge.online:
        return StatusTag("ok", "circle-check", _("Connected"))
    return StatusTag("bad", "wifi-off", _("Not connected"))


def _door_card(door: DoorView) -> DoorCard:
    # A state without a text is one that staff cannot set: shown as it is stored.
    state = DOOR_STATES.get(door.state, ("warn", "triangle-alert", door.state))
    return DoorCard(door, _tag(state), _bridge_fault(door), _entry_text(door.last_entry))


def _bridge_fault(door: DoorView) -> StatusTag | None:
    if door.bridge is None:
        return StatusTag("warn", "triangle-alert", _("No bridge"))
    if not door.online:
        return StatusTag("bad", "wifi-off", _("Not connected"))
    return None


def _entry_text(entry: LastEntry | None) -> str | None:
    if entry is None:
        return None
    if entry.kind == "scan":
        return str(_("Let in") if entry.granted else _("Refused"))
    return str(ENTRIES.get(entry.kind, entry.kind))


def _tag(parts: tuple[str, str, Any]) -> StatusTag:
    colour, icon, text = parts
    return StatusTag(colour, icon, str(text))
