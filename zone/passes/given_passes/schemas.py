"""JSON and the form of giving a pass."""

from marshmallow import validate

from zone.passes.pauses.schemas import DAY_RANGE, StaffReasonSchema
from zone.web import fields


class GivenPassSchema(StaffReasonSchema):
    """A pass without payment, and why it is given."""

    product = fields.String(required=True, validate=validate.Length(1, 64), example="guest-day")
    starts_on = fields.Date(
        required=True, validate=DAY_RANGE, metadata={"description": "Its first day"}
    )
