"""The forms and the words of the page Status."""

from typing import Final

from flask_babel import lazy_gettext
from marshmallow import Schema, validate

from zone.web import fields

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
ENTRIES: Final = {
    "opened_by_desk": lazy_gettext("Opened from the desk"),
    "order_refused": lazy_gettext("A command from the desk was refused"),
    "relay_fault": lazy_gettext("The lock's relay does not answer"),
    "reader_lost": lazy_gettext("The reader is gone"),
    "reader_back": lazy_gettext("The reader is back"),
    "started": lazy_gettext("The bridge started"),
    "forced_open": lazy_gettext("Forced open"),
    "held_open": lazy_gettext("Held open too long"),
    "held_open_warning": lazy_gettext("Held open"),
    "exit_request": lazy_gettext("The exit button was pressed"),
    "not_opened": lazy_gettext("Nobody went in"),
    "released": lazy_gettext("Open to everybody, by its times"),
    "release_ended": lazy_gettext("No longer open to everybody"),
}


class OpenOnceForm(Schema):
    """Why a door is opened from afar."""

    reason = fields.String(required=True, validate=fields.reason_of(500))


class DoorPolicyForm(Schema):
    """The last day on which the word of bridges counts that cannot prove it; empty: none."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))
    unproven_until = fields.Date(load_default=None, allow_none=True)


class BridgeForm(Schema):
    """A bridge that is revoked: nothing is typed."""
