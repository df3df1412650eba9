"""The JSON and the words of the live doors, and the fields that other forms of the desk share."""

from typing import Final

from flask_babel import gettext as _
from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.desk.live_doors.rules import Remedy
from zone.web import fields

REASON_RULES: Final = fields.reason_of(500)
DAY_RANGE: Final = validate.Range(EARLIEST.date(), LATEST.date())


class DeskEntrySchema(Schema):
    id = fields.UUID()
    at = fields.AwareDateTime()
    campus = fields.String(example="myllypuro")
    area = fields.String()
    door = fields.UUID()
    door_name = fields.String()
    granted = fields.Boolean()
    leaving = fields.Boolean(metadata={"description": "On the way out"})
    reason = fields.String(allow_none=True, example="no_right")
    detail = fields.String(
        metadata={"description": "What the door said, in the reader's language"},
        example="Your pass does not include this space. See the passes that do in the web shop.",
    )
    remedy = fields.Enum(
        Remedy, by_value=True, allow_none=True, metadata={"description": "What solves a refusal"}
    )
    person = fields.UUID(
        allow_none=True, metadata={"description": "Named only where they were refused"}
    )
    name = fields.String(allow_none=True, example="Aino Esimerkki")


class DeskReasonSchema(Schema):
    reason = fields.String(required=True, validate=REASON_RULES, example="Asked for at the desk")


class OpenDoorFormSchema(DeskReasonSchema):
    door = fields.UUID(required=True)


class SilentBridgeSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Main entrance")
    campus = fields.String(example="myllypuro")
    since = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Last heard; null: never"}
    )


class LiveDoorsSchema(Schema):
    waiting = fields.List(
        Nested(DeskEntrySchema), metadata={"description": "Refusals not dealt with yet"}
    )
    newest = fields.List(Nested(DeskEntrySchema))
    silent = fields.List(
        Nested(SilentBridgeSchema),
        attribute="offline",
        metadata={"description": "Bridges that are not heard"},
    )


def reason_words() -> dict[str, str]:
    """Return what staff call each reason of a refusal, in the reader's language."""
    return {
        "malformed": _("Code not readable"),
        "unknown_type": _("Not a code of a pass"),
        "unknown_key": _("Phone not known"),
        "revoked": _("Phone removed from the pass"),
        "clock_unset": _("Door's clock is not set"),
        "code_expired": _("Code too old"),
        "code_from_future": _("Phone's clock is ahead"),
        "bad_signature": _("Code not verified"),
        "replayed": _("Code already used"),
        "door_blocked": _("Door out of use"),
        "lockdown": _("Premises locked down"),
        "closed": _("Closed at that time"),
        "interlock": _("Other door of the airlock was open"),
        "unknown_holder": _("Pass not known yet"),
        "suspended": _("Suspended"),
        "no_right": _("No pass for this space"),
        "wrong_campus": _("Pass for another campus"),
        "paused": _("Pass is paused"),
        "outside_hours": _("Outside the hours of the pass"),
        "not_yet_valid": _("Pass has not started"),
        "expired": _("Pass ended"),
        "not_booked": _("No booking for this space"),
        "rights_stale": _("Door was offline for too long"),
        "anti_passback": _("Came in a moment ago"),
        "area_full": _("It was full inside"),
        "door_fault": _("Door's lock does not answer"),
        "journal_full": _("Door's memory is full"),
    }


def remedy_words() -> dict[Remedy, str]:
    """Return what the desk does about a refusal, in the reader's language."""
    return {
        Remedy.SELL: _("Sell or extend a pass"),
        Remedy.RESUME: _("End the pause, if the person wants it"),
        Remedy.PHONE: _("Set up the pass on the phone again"),
        Remedy.LIFT: _("Look at the suspension"),
        Remedy.BOOK: _("Book the space, or let in without a phone"),
        Remedy.CHECK_IN: _("Let in without a phone"),
        Remedy.NEW_CODE: _("Ask for the newest code of the pass page"),
        Remedy.WAIT: _("Ask to try again in a minute"),
        Remedy.REFUSE: _("Nobody gets in here now"),
    }
