"""JSON of one's own pass."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import NamesSchema


class ListedDeviceSchema(Schema):
    kid = fields.String(example="6b1f0c9de2a47358")
    label = fields.String(example="Phone")
    current = fields.Boolean(metadata={"description": "Whether this is the key of the query"})


class CampusSchema(Schema):
    code = fields.String(example="myllypuro")
    name = fields.String(example="Metropolia Myllypuro")


class NextBookingSchema(Schema):
    starts_at = fields.AwareDateTime(example="2026-09-22T14:30:00+00:00")
    ends_at = fields.AwareDateTime(example="2026-09-22T15:25:00+00:00")
    name = Nested(NamesSchema)
    campus = fields.String(allow_none=True, example="myllypuro")
    space = fields.String(allow_none=True)
    door_notice = fields.String(
        allow_none=True,
        metadata={"description": "What to do where the door does not let anybody in now"},
    )


class OwnPassQuerySchema(Schema):
    kid = fields.String(
        load_default="", validate=validate.Length(max=16), example="6b1f0c9de2a47358"
    )


class OwnPassSchema(Schema):
    name = fields.String(example="Aino Esimerkki")
    initials = fields.String(example="AE")
    state = fields.String(
        validate=validate.OneOf(("valid", "not_yet", "paused", "expired", "suspended", "no_pass"))
    )
    paused_until = fields.Date(
        allow_none=True, metadata={"description": "The last day of the present pause"}
    )
    product = Nested(NamesSchema, allow_none=True)
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_until = fields.AwareDateTime(allow_none=True, example="2026-12-31T22:00:00+00:00")
    visits = fields.Integer(
        allow_none=True, metadata={"description": "Of a pass that counts them: for how many"}
    )
    visits_left = fields.Integer(allow_none=True)
    campuses = fields.List(Nested(CampusSchema), metadata={"description": "Empty: every campus"})
    gives = fields.List(
        Nested(NamesSchema),
        metadata={"description": "What it opens, and then each of its conditions, in words"},
    )
    next_booking = Nested(NextBookingSchema, allow_none=True)
    devices = fields.List(Nested(ListedDeviceSchema))
    server_time = fields.Float()
