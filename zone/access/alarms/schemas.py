"""JSON of alarms."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.alarms.models import ALARMS
from zone.web import fields
from zone.web.schemas import ListSchema


class AlarmsQuerySchema(Schema):
    every = fields.Boolean(
        load_default=False, metadata={"description": "Also those that are over or acknowledged"}
    )


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
    alarms = fields.List(Nested(AlarmViewSchema))
