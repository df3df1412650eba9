"""JSON of visits that the desk takes off a pass or gives back."""

from marshmallow import validate

from zone.passes.pauses.schemas import StaffReasonSchema
from zone.web import fields


class VisitReturnSchema(StaffReasonSchema):
    """A visit that is given back, by its number."""

    number = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, fields.MAX_INTEGER),
        metadata={"description": "As in `spent` of the pass"},
        example=3,
    )
