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
ALARMS: Final = {
    "chain_break": lazy_gettext("An entry was changed or taken out of the journal"),
    "code_used_twice": lazy_gettext("Two doors let in the same code"),
    "unproven": lazy_gettext("A bridge reports an entry that nothing proves"),
    "set_aside": lazy_gettext("A bridge reports what cannot be"),
    "forced_open": lazy_gettext("A door was forced open"),
    "offline": lazy_gettext("The bridge is offline"),
    "disk_full": lazy_gettext("The disk is full: nobody is let in"),
    "clock_unset": lazy_gettext("The clock is not set: no code is accepted"),
    "journal_chain": lazy_gettext("The journal on the box was changed"),
    "journal_filling": lazy_gettext("The journal on the box is nearly full"),
    "relay_fault": lazy_gettext("The lock's relay does not answer"),
    "reader_lost": lazy_gettext("The reader is gone"),
    "unreadable": lazy_gettext("The reader sends what is no code"),
    "held_open": lazy_gettext("A door stands open"),
    "fire": lazy_gettext("The fire alarm is on"),
    "unknown_word": lazy_gettext(
        "The bridge and the server have different versions: update the older one"
    ),
}
ALARM_STEPS: Final = {
    "chain_break": lazy_gettext(
        "Find out who had access to the box. Replace the bridge if you are in doubt."
    ),
    "code_used_twice": lazy_gettext("Compare the two entries; somebody may have shared a code."),
    "unproven": lazy_gettext(
        "It makes no visit. Find out who had access to the box. Replace the bridge if you are in "
        "doubt."
    ),
    "set_aside": lazy_gettext(
        "The entry is kept, and makes no visit. Check the clock of the box, and who had access to "
        "it."
    ),
    "forced_open": lazy_gettext(
        "It opened though nobody was let in or out. Look at the door, and at who is inside."
    ),
    "offline": lazy_gettext(
        "Check its power and network. Its doors go on letting in those they know."
    ),
    "disk_full": lazy_gettext("Let people in with the key, and free space on the box."),
    "clock_unset": lazy_gettext(
        "Let people in with the key. The clock is right again once the box reaches the server."
    ),
    "journal_chain": lazy_gettext(
        "Find out who had access to the box. Replace the bridge if you are in doubt."
    ),
    "journal_filling": lazy_gettext(
        "Check its network: entries wait on the box until the server has them."
    ),
    "relay_fault": lazy_gettext("Open the door once to try it, then check the lock's wiring."),
    "reader_lost": lazy_gettext("Check the cable and the power of the reader."),
    "unreadable": lazy_gettext(
        "See whether somebody plays with it; else check its settings and its cable."
    ),
    "held_open": lazy_gettext("Shut it. Anybody gets in meanwhile."),
    "fire": lazy_gettext("Help people out. The fire alarm panel releases the locks by itself."),
    "unknown_word": lazy_gettext("Until then it refuses those whom it cannot judge."),
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


class DoorForm(Schema):
    """A door's bridge, without which nobody gets in, and on which side its reader is."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))
    bridge = fields.UUID(load_default=None, allow_none=True)
    direction = fields.String(required=True, validate=validate.OneOf(("in", "out")))


class DoorPolicyForm(Schema):
    """The last day on which the word of bridges counts that cannot prove it; empty: none."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))
    unproven_until = fields.Date(load_default=None, allow_none=True)


class BridgeForm(Schema):
    """A bridge that is revoked: nothing is typed."""
