"""The page Status: bridges and doors at a glance, and what somebody should look at. Plain forms, no JavaScript."""

import uuid
from typing import Final

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from zone.access.alarms import queries as alarms_queries
from zone.access.alarms import service as alarms
from zone.access.bridges import queries as bridges_queries
from zone.access.doors import queries as doors_queries
from zone.access.roster import queries as roster_queries
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.places.campuses.queries import campuses
from zone.web.auth import current_actor, may

pages = Blueprint("access_status_pages", __name__, template_folder="templates")

Word = tuple[str, str, str]
"""Colour, icon and word of a status."""

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
}
"""What an alarm says to people, by its kind."""
ENTRIES: Final = {
    "opened_by_desk": lazy_gettext("Opened from the desk"),
    "order_refused": lazy_gettext("An order from the desk was refused"),
    "relay_fault": lazy_gettext("The lock's relay does not answer"),
    "reader_lost": lazy_gettext("The reader is gone"),
    "reader_back": lazy_gettext("The reader is back"),
    "started": lazy_gettext("The bridge started"),
    "forced_open": lazy_gettext("Forced open"),
    "held_open": lazy_gettext("Held open too long"),
    "not_opened": lazy_gettext("Nobody went in"),
}


@pages.app_template_filter("entry_word")
def entry_word(entry: doors_queries.LastEntry) -> str:
    """The newest thing at a door in words."""
    if entry.kind == "scan":
        return str(_("Let in") if entry.granted else _("Refused"))
    return str(ENTRIES.get(entry.kind, entry.kind))


@pages.app_template_filter("bridge_word")
def bridge_word(bridge: bridges_queries.BridgeView) -> Word:
    """Whether a bridge is there."""
    if bridge.state == "revoked":
        return "info", "ban", _("Revoked")
    if bridge.state == "waiting":
        return "info", "hourglass", _("Not enrolled yet")
    return (
        ("ok", "circle-check", _("Connected"))
        if bridge.online
        else ("bad", "wifi-off", _("Not connected"))
    )


@pages.get("/status")
@may(Permission.DOORS_READ)
def show() -> str:
    """Bridges, doors, alarms and the feed, as they are now."""
    now = utc_now()
    with reading() as session:
        return render_template(
            "access/status/status.html",
            bridges=bridges_queries.bridges(session, now),
            doors=doors_queries.doors(session, now),
            alarms=alarms_queries.alarms(session, every=False),
            feed=roster_queries.feed_status(session),
            now=now,
            states=DOOR_STATES,
            clocks=CLOCKS,
            words=ALARMS,
            campuses={one.code: one.name for one in campuses(session)},
            may=current_actor().may(Permission.DOORS_WRITE),
        )


@pages.post("/status/alarms/<uuid:alarm_id>/acknowledge")
@may(Permission.DOORS_WRITE)
def acknowledge(alarm_id: uuid.UUID) -> Response:
    """Say that somebody has seen to an alarm."""
    with writing() as session:
        alarms.acknowledge(session, alarm_id, actor=current_actor(), now=utc_now())
    return redirect(url_for("access_status_pages.show"), 303)
