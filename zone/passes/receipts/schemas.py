"""JSON of receipts and of the lines of an order. Cents include VAT."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class SalesReceiptSchema(Schema):
    number = fields.String(example="2026-17")
    kind = fields.String(
        metadata={"description": "sale, refund, or credit: a payment that sold nothing"},
        example="sale",
    )
    cents = fields.Integer(metadata={"description": "Negative unless a sale"}, example=4500)
    issued_at = fields.AwareDateTime()


class OrderedBundleSchema(Schema):
    """A bundle that was sold for one price, which its lines add up to."""

    number = fields.Integer(metadata={"description": "The same of all its lines"}, example=1)
    code = fields.String(example="gym-and-classes")
    name = Nested(NamesSchema)


class OrderLineSchema(Schema):
    code = fields.String(example="term-pass")
    product = Nested(NamesSchema)
    role = fields.String(example="student")
    institution = fields.String(example="metropolia")
    cents = fields.Integer(example=4500)
    vat_percent = fields.String(example="13.5")
    vat_cents = fields.Integer(example=535)
    discount_cents = fields.Integer(
        metadata={"description": "What a discount code has taken off already"}, example=0
    )
    bundle = Nested(
        OrderedBundleSchema,
        allow_none=True,
        metadata={"description": "The bundle that it is a part of"},
    )


class SellerSchema(Schema):
    name = fields.String(example="Zone campus sports")
    address = fields.String()
    business_id = fields.String()


class VatSumSchema(Schema):
    percent = fields.String()
    net = fields.Integer()
    tax = fields.Integer()
    gross = fields.Integer()


class SalesReceiptPageSchema(Schema):
    receipt = Nested(SalesReceiptSchema)
    order_id = fields.UUID()
    seller = Nested(SellerSchema, metadata={"description": "Who sold, as it was then"})
    lines = fields.List(Nested(OrderLineSchema))
    reason = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Of a credit: why, by language"},
    )
    vat = fields.List(Nested(VatSumSchema), metadata={"description": "Sums by VAT rate, in cents"})


class OwnReceiptSchema(SalesReceiptSchema):
    products = fields.List(Nested(NamesSchema))


class OwnReceiptsSchema(ListSchema):
    receipts = fields.List(Nested(OwnReceiptSchema))
