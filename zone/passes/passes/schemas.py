"""JSON of passes."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.passes.entitlements.schemas import GivenConditionsSchema
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class SpentVisitSchema(Schema):
    number = fields.Integer(
        allow_none=True, metadata={"description": "Null: no visit was left for it"}
    )
    occurred_at = fields.AwareDateTime()
    returned_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "When the desk gave it back"}
    )


class HeldPassSchema(Schema):
    id = fields.UUID()
    kind = fields.String(example="class")
    product = Nested(NamesSchema)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String())
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime(
        metadata={"description": "Not included"}, example="2026-12-31T22:00:00+00:00"
    )
    state = fields.String(
        metadata={
            "description": "valid, not_yet, paused, expired, refunded, replaced, upgraded or ended"
        },
        example="valid",
    )
    paused_until = fields.Date(
        allow_none=True, metadata={"description": "The last day of the present pause"}
    )
    activated_at = fields.AwareDateTime(allow_none=True)
    activate_by = fields.Date(
        allow_none=True,
        metadata={"description": "Where it lasts from its activation: the last day for it"},
    )
    visits = fields.Integer(
        allow_none=True, metadata={"description": "How many visits it was sold for, if counted"}
    )
    visits_left = fields.Integer(
        allow_none=True, metadata={"description": "How many are left; null after its last day"}
    )
    spent = fields.List(
        Nested(SpentVisitSchema),
        metadata={"description": "Its visits, where they are counted, in the order of recording"},
    )
    conditions = Nested(GivenConditionsSchema)
    length_days = fields.Integer(
        allow_none=True, metadata={"description": "How many days it lasts from its activation"}
    )


class HeldPassesSchema(ListSchema):
    passes = fields.List(Nested(HeldPassSchema))
