"""JSON of refunds that wait for a second person."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema


class RefundRequestSchema(Schema):
    id = fields.UUID()
    order_id = fields.UUID()
    buyer = fields.String(example="Opiskelija Esimerkki")
    cents = fields.Integer(example=14500)
    method = fields.String(allow_none=True, example=None)
    reason = fields.String(example="Moved abroad")
    state = fields.String(
        metadata={"description": "waiting, confirmed, declined, retracted or expired"},
        example="waiting",
    )
    requested_by = fields.String(example="Anna Esimerkki")
    requested_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(
        metadata={"description": "Who has not been answered by then has to ask again"}
    )
    decided_by = fields.String(allow_none=True, example=None)
    decided_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True, example=None)


class RefundRequestsSchema(ListSchema):
    refund_requests = fields.List(Nested(RefundRequestSchema))


class RefundDeclineSchema(Schema):
    note = fields.String(
        required=True,
        validate=fields.reason_of(500),
        metadata={"description": "Why; who has asked for the refund reads it"},
        example="The pass was used every day",
    )
