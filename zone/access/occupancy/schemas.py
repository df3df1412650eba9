"""JSON of how many people are inside."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema


class AreaOccupancySchema(Schema):
    area = fields.UUID()
    name = fields.String(example="Gym")
    campus = fields.String(example="myllypuro")
    people = fields.Integer(
        allow_none=True,
        metadata={"description": "Inside; null while a bridge of its doors is offline"},
    )
    occupancy_limit = fields.Integer(
        allow_none=True, metadata={"description": "So many may be; null: no limit"}
    )
    counted_at = fields.AwareDateTime()
    lost_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Since when the bridge has not been heard"}
    )


class OccupancySchema(ListSchema):
    areas = fields.List(Nested(AreaOccupancySchema))
