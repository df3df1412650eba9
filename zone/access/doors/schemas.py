"""JSON of doors."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from firmware_bridge.wire.messages.site import (
    HELD_ALARM_SECONDS,
    HELD_RANGE,
    HELD_WARNING_SECONDS,
)
from zone.web import fields
from zone.web.schemas import ListSchema

_NAME: Final = validate.Length(1, 120)
_DIRECTION: Final = validate.OneOf(("in", "out"))
_WAY: Final = {"description": "out: its reader is on the way out, where nobody is refused"}
_HELD: Final = validate.Range(*HELD_RANGE)
_WARNING: Final = {"description": "Open for longer, a door with a contact buzzes, seconds"}
_ALARM: Final = {"description": "Open for longer is an alarm, seconds; not less than the warning"}
_VERSION: Final = {"description": "As it was read. A change to another version is a 409"}


class NewDoorSchema(Schema):
    area = fields.UUID(required=True)
    bridge = fields.UUID(load_default=None, allow_none=True)
    name = fields.String(required=True, validate=_NAME, example="Gym door")
    strike_ms = fields.Integer(load_default=5000, validate=validate.Range(100, 60_000))
    direction = fields.String(load_default="in", validate=_DIRECTION, metadata=_WAY)
    held_warning_seconds = fields.Integer(
        load_default=HELD_WARNING_SECONDS, validate=_HELD, metadata=_WARNING
    )
    held_alarm_seconds = fields.Integer(
        load_default=HELD_ALARM_SECONDS, validate=_HELD, metadata=_ALARM
    )


class NewDoorForm(Schema):
    """What is set of a door, all of it."""

    area = fields.UUID(required=True)
    bridge = fields.UUID(load_default=None, allow_none=True)
    name = fields.String(required=True, validate=_NAME)
    strike_ms = fields.Integer(required=True, validate=validate.Range(100, 60_000))
    direction = fields.String(required=True, validate=_DIRECTION)
    held_warning_seconds = fields.Integer(required=True, validate=_HELD)
    held_alarm_seconds = fields.Integer(required=True, validate=_HELD)


class DoorForm(NewDoorForm):
    """The same of a door that there is."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))


class ChangedDoorSchema(Schema):
    version = fields.Integer(
        required=True, validate=validate.Range(1, 2**31 - 2), metadata=_VERSION
    )
    name = fields.String(validate=_NAME, example="Gym door")
    area = fields.UUID()
    bridge = fields.UUID(allow_none=True)
    strike_ms = fields.Integer(
        validate=validate.Range(100, 60_000),
        metadata={
            "description": "How long the strike is held; 15000 where the way must be accessible"
        },
    )
    direction = fields.String(validate=_DIRECTION, metadata=_WAY)
    held_warning_seconds = fields.Integer(validate=_HELD, metadata=_WARNING)
    held_alarm_seconds = fields.Integer(validate=_HELD, metadata=_ALARM)
    state = fields.String(
        validate=validate.OneOf(("normal", "blocked", "lockdown", "released")),
        metadata={
            "description": "blocked and lockdown: nobody; released is refused, "
            "no door is ever held open"
        },
    )


class LastEntrySchema(Schema):
    kind = fields.String(
        metadata={"description": "One of the kinds of an uploaded entry, or a newer bridge's word"},
        example="scan",
    )
    occurred_at = fields.AwareDateTime()
    granted = fields.Boolean()
    reason = fields.String(allow_none=True, example="no_right")


class DoorViewSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Gym door")
    area = fields.UUID()
    area_name = fields.String()
    campus = fields.String(example="myllypuro")
    bridge = fields.UUID(allow_none=True)
    bridge_name = fields.String(allow_none=True)
    online = fields.Boolean()
    state = fields.String(example="open")
    strike_ms = fields.Integer()
    direction = fields.String(validate=_DIRECTION)
    held_warning_seconds = fields.Integer()
    held_alarm_seconds = fields.Integer()
    version = fields.Integer()
    last_entry = Nested(LastEntrySchema, allow_none=True)


class DoorsSchema(ListSchema):
    doors = fields.List(Nested(DoorViewSchema))
