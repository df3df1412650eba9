"""JSON of attendance, and the form of a head count."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields


class AttendeeSchema(Schema):
    member = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    status = fields.String(validate=validate.OneOf(("booked", "present", "drop_in", "no_show")))
    at = fields.AwareDateTime(allow_none=True)


class AttendanceSchema(Schema):
    session = fields.UUID()
    starts_at = fields.AwareDateTime(example="2026-09-22T14:30:00+00:00")
    booked = fields.Integer()
    present = fields.Integer(metadata={"description": "Booked, and seen by a door"})
    drop_in = fields.Integer()
    people = fields.List(Nested(AttendeeSchema))


class HeadCountFormSchema(Schema):
    count = fields.Integer(required=True, validate=validate.Range(0, 999))
