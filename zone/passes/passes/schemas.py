"""JSON of passes."""

from marshmallow import Schema, fields

from zone.web.schemas import ListSchema, NamesSchema


class HeldPassSchema(Schema):
    id = fields.UUID()
    kind = fields.String()
    product = fields.Nested(NamesSchema)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String())
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime(metadata={"description": "Not included"})
    state = fields.String(metadata={"description": "valid, not_yet, expired, refunded or replaced"})
    activated_at = fields.AwareDateTime(allow_none=True)


class HeldPassesSchema(ListSchema):
    passes = fields.List(fields.Nested(HeldPassSchema))
