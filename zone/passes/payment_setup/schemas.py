"""JSON of the payment providers, without any of their secrets."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema


class ProviderStateSchema(Schema):
    name = fields.String(example="paytrail")
    title = fields.String(example="Paytrail")
    offered = fields.Boolean(metadata={"description": "Whether buyers may choose it"})
    missing = fields.List(
        fields.String(), metadata={"description": "The files and settings that it lacks"}
    )
    callback = fields.String(
        metadata={"description": "The address that it calls"},
        example="https://zone.example.org/payments/paytrail/callback",
    )
    last_notice = fields.AwareDateTime(
        allow_none=True, metadata={"description": "When it last reported a payment"}
    )
    tried = fields.String(
        allow_none=True,
        metadata={"description": "How the newest trial ended: answered or failed"},
        example="answered",
    )
    tried_at = fields.AwareDateTime(allow_none=True)


class ProviderStatesSchema(ListSchema):
    payment_providers = fields.List(Nested(ProviderStateSchema))


class ProviderOfferSchema(Schema):
    """Whether buyers may choose a provider."""

    offered = fields.Boolean(required=True)
