"""JSON and forms of the differences between payment providers and our books."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class DifferenceNoteSchema(Schema):
    note = fields.String(
        required=True, validate=validate.Length(1, 500), example="Asked the bank on 4 January"
    )


class DifferenceFixSchema(Schema):
    """How a difference is mended."""

    email = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Email(),
        metadata={"description": "Of who paid what is unknown here; they get a mail"},
        example=None,
    )


class FixPlanSchema(Schema):
    action = fields.String(
        metadata={
            "description": "cancel_sale: the passes end and the sale has a credit note; give_back: "
            "the provider returns what came for nothing; record_refund: what the provider has "
            "given back has a credit note"
        },
        example="give_back",
    )
    cents_back = fields.Integer(
        metadata={"description": "What the provider gives back"}, example=5400
    )
    credited_cents = fields.Integer(
        metadata={"description": "What is taken back of the sale"}, example=0
    )
    products = fields.List(Nested(NamesSchema), metadata={"description": "Their passes end"})
    needs_second = fields.Boolean(
        metadata={
            "description": "Above the limit of refunds: it is asked for, and done when another "
            "person confirms it"
        },
        example=False,
    )


class FixRequestSchema(Schema):
    state = fields.String(
        metadata={"description": "waiting, declined, retracted or expired"}, example="waiting"
    )
    requested_by = fields.String(example="Testi Johtaja")
    requested_by_id = fields.UUID()
    requested_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    decided_by = fields.String(allow_none=True, example=None)
    note = fields.String(allow_none=True, example=None)


class PaymentDifferenceSchema(Schema):
    id = fields.UUID()
    result = fields.String(
        metadata={
            "description": "not_paid, unknown_there, other_sum, unknown_here or refund_unknown_here"
        },
        example="other_sum",
    )
    provider = fields.String(example="paytrail")
    reference = fields.String(example="4f7d2c")
    cents = fields.Integer(
        allow_none=True, metadata={"description": "What the provider says"}, example=9900
    )
    expected = fields.Integer(
        allow_none=True, metadata={"description": "What is paid here"}, example=4500
    )
    order_id = fields.UUID(allow_none=True)
    found_at = fields.AwareDateTime()
    fix = Nested(
        FixPlanSchema, allow_none=True, metadata={"description": "Null: only people can mend it"}
    )
    is_refused = fields.Boolean(
        metadata={"description": "The provider refused to give the money back"}
    )
    request = Nested(
        FixRequestSchema,
        allow_none=True,
        metadata={"description": "The newest request for a second person"},
    )


class PaymentDifferencesSchema(ListSchema):
    payment_differences = fields.List(Nested(PaymentDifferenceSchema))
