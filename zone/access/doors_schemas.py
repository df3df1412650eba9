"""The JSON of areas, doors, orders, bridges and alarms."""

from typing import Final

from marshmallow import Schema, fields, validate

from firmware_bridge.wire.entries import KINDS
from zone.access.doors import LONGEST_REASON
from zone.access.models import ALARMS
from zone.http.schemas import ListSchema
from zone.passes.models import ENTITLEMENTS

_NAME: Final = validate.Length(1, 120)
_PASSBACK: Final = validate.OneOf(("off", "soft", "hard"))
_VERSION: Final = {"description": "As it was read. A change to another version is a 409"}


class ChangedAreaSchema(Schema):
    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2), metadata=_VERSION)
    name = fields.String(validate=_NAME)
    kinds = fields.List(fields.String(validate=validate.OneOf(ENTITLEMENTS)), validate=validate.Length(min=1, max=20))
    spaces = fields.List(fields.UUID(), validate=validate.Length(max=200))
    proves_presence = fields.Boolean()
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean(metadata={"description": "Without the server rights hold 24 hours, not 7 days"})
    always_open = fields.Boolean()
    passback = fields.String(validate=_PASSBACK)
    passback_seconds = fields.Integer(validate=validate.Range(0, 86400))


class AreaViewSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    campus = fields.String()
    kinds = fields.List(fields.String())
    spaces = fields.List(fields.UUID())
    proves_presence = fields.Boolean()
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    always_open = fields.Boolean()
    passback = fields.String(validate=_PASSBACK)
    passback_seconds = fields.Integer()
    version = fields.Integer()


class AreasSchema(ListSchema):
    areas = fields.List(fields.Nested(AreaViewSchema))


class ChangedDoorSchema(Schema):
    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2), metadata=_VERSION)
    name = fields.String(validate=_NAME)
    area = fields.UUID()
    bridge = fields.UUID(allow_none=True)
    strike_ms = fields.Integer(
        validate=validate.Range(100, 60_000),
        metadata={"description": "How long the strike is held; 15000 where the way must be accessible"},
    )
    state = fields.String(
        validate=validate.OneOf(("normal", "blocked", "lockdown", "released")),
        metadata={"description": "blocked and lockdown: nobody; released is refused, no door is ever held open"},
    )


class LastEntrySchema(Schema):
    kind = fields.String(validate=validate.OneOf(KINDS))
    occurred_at = fields.AwareDateTime()
    granted = fields.Boolean()
    reason = fields.String(allow_none=True)


class DoorViewSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    area = fields.UUID()
    area_name = fields.String()
    campus = fields.String()
    bridge = fields.UUID(allow_none=True)
    bridge_name = fields.String(allow_none=True)
    online = fields.Boolean()
    state = fields.String()
    strike_ms = fields.Integer()
    version = fields.Integer()
    last_entry = fields.Nested(LastEntrySchema, allow_none=True)


class DoorsSchema(ListSchema):
    doors = fields.List(fields.Nested(DoorViewSchema))


class OpenOnceSchema(Schema):
    reason = fields.String(
        required=True,
        validate=(validate.Length(1, LONGEST_REASON), validate.Regexp(r".*\S", error="Say why.")),
        metadata={"example": "A courier with a parcel"},
    )


class OrderViewSchema(Schema):
    id = fields.UUID()
    door = fields.UUID()
    state = fields.String(validate=validate.OneOf(("waiting", "opened", "relay_fault", "refused", "expired")))
    reason = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    settled_at = fields.AwareDateTime(allow_none=True)
    online = fields.Boolean(metadata={"description": "Whether the door's bridge was heard within 5 minutes"})


class OrdersSchema(ListSchema):
    orders = fields.List(fields.Nested(OrderViewSchema))


class BridgeViewSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    campus = fields.String()
    state = fields.String(validate=validate.OneOf(("waiting", "enrolled", "revoked")))
    online = fields.Boolean()
    online_since = fields.AwareDateTime(allow_none=True)
    seen_at = fields.AwareDateTime(allow_none=True)
    backlog = fields.Integer(metadata={"description": "Entries that it has still to send"})
    clock = fields.String(allow_none=True, validate=validate.OneOf(("synced", "holdover", "unset")))
    software = fields.String(allow_none=True)
    roster_version = fields.Integer(allow_none=True)
    behind = fields.Integer(allow_none=True, metadata={"description": "Changes that it has not fetched yet"})
    alarms = fields.Integer()
    quarantined = fields.Integer()


class BridgesSchema(ListSchema):
    bridges = fields.List(fields.Nested(BridgeViewSchema))


class AlarmsQuerySchema(Schema):
    every = fields.Boolean(load_default=False, metadata={"description": "Also those that are over or acknowledged"})


class AlarmViewSchema(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(ALARMS))
    bridge = fields.String()
    door = fields.String(allow_none=True)
    seq = fields.Integer(allow_none=True)
    recorded_at = fields.AwareDateTime()
    cleared_at = fields.AwareDateTime(allow_none=True)
    acknowledged_at = fields.AwareDateTime(allow_none=True)


class AlarmsSchema(ListSchema):
    alarms = fields.List(fields.Nested(AlarmViewSchema))
