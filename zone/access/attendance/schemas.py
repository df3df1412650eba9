"""JSON of attendance."""

from marshmallow import Schema, fields, validate


class AttendeeSchema(Schema):
    member = fields.UUID()
    name = fields.String()
    status = fields.String(validate=validate.OneOf(("booked", "present", "drop_in", "no_show")))
    at = fields.AwareDateTime(allow_none=True)


class AttendanceSchema(Schema):
    session = fields.UUID()
    starts_at = fields.AwareDateTime()
    booked = fields.Integer()
    present = fields.Integer(metadata={"description": "Booked, and seen by a door"})
    drop_in = fields.Integer()
    people = fields.List(fields.Nested(AttendeeSchema))
