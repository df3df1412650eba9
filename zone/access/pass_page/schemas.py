"""JSON of one's own pass."""

from marshmallow import Schema, fields, validate

from zone.web.schemas import NamesSchema


class ListedDeviceSchema(Schema):
    kid = fields.String()
    label = fields.String()
    current = fields.Boolean(metadata={"description": "Whether this is the key of the query"})


class CampusSchema(Schema):
    code = fields.String()
    name = fields.String()


class NextBookingSchema(Schema):
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    name = fields.Nested(NamesSchema)
    campus = fields.String(allow_none=True)
    space = fields.String(allow_none=True)


class OwnPassQuerySchema(Schema):
    kid = fields.String(load_default="", validate=validate.Length(max=16))


class OwnPassSchema(Schema):
    name = fields.String()
    initials = fields.String()
    state = fields.String(
        validate=validate.OneOf(("valid", "not_yet", "expired", "suspended", "no_pass"))
    )
    product = fields.Nested(NamesSchema, allow_none=True)
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_until = fields.AwareDateTime(allow_none=True)
    campuses = fields.List(
        fields.Nested(CampusSchema), metadata={"description": "Empty: every campus"}
    )
    next_booking = fields.Nested(NextBookingSchema, allow_none=True)
    devices = fields.List(fields.Nested(ListedDeviceSchema))
    server_time = fields.Float()
