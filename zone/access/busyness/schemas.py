"""JSON of how busy the campuses are."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.busyness.rules import LEVELS
from zone.web import fields
from zone.web.schemas import ListSchema


class UsualHourSchema(Schema):
    weekday = fields.Integer(metadata={"description": "1 (Monday) to 7"}, example=1)
    hour = fields.Integer(metadata={"description": "It begins then, in Helsinki"}, example=17)
    level = fields.String(validate=validate.OneOf(LEVELS), example="busy")


class CampusBusynessSchema(Schema):
    campus = fields.String(example="myllypuro")
    level = fields.String(
        allow_none=True,
        validate=validate.OneOf(LEVELS),
        metadata={"description": "Now; null while a bridge of its doors is offline"},
        example="quiet",
    )
    counted_at = fields.AwareDateTime()
    lost_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Since when the bridge has not been heard"}
    )
    usual = fields.List(
        Nested(UsualHourSchema),
        metadata={"description": "Of the last 8 weeks; an hour with under 3 counts is missing"},
    )
    usual_until = fields.Date(
        allow_none=True, metadata={"description": "The last day that is counted in `usual`"}
    )


class BusynessSchema(ListSchema):
    campuses = fields.List(Nested(CampusBusynessSchema))
