"""JSON of receipts and of the lines of an order. Cents include VAT."""

from marshmallow import Schema, fields

from zone.web.schemas import ListSchema, NamesSchema


class SalesReceiptSchema(Schema):
    number = fields.String()
    kind = fields.String(metadata={"description": "sale or refund"})
    cents = fields.Integer(metadata={"description": "Negative for a refund"})
    issued_at = fields.AwareDateTime()


class OrderLineSchema(Schema):
    code = fields.String()
    product = fields.Nested(NamesSchema)
    role = fields.String()
    institution = fields.String()
    cents = fields.Integer()
    vat_percent = fields.String()
    vat_cents = fields.Integer()


class SellerSchema(Schema):
    name = fields.String()
    address = fields.String()
    business_id = fields.String()


class VatSumSchema(Schema):
    percent = fields.String()
    net = fields.Integer()
    tax = fields.Integer()
    gross = fields.Integer()


class SalesReceiptPageSchema(Schema):
    receipt = fields.Nested(SalesReceiptSchema)
    order_id = fields.UUID()
    seller = fields.Nested(SellerSchema, metadata={"description": "Who sold, as it was then"})
    lines = fields.List(fields.Nested(OrderLineSchema))
    vat = fields.List(
        fields.Nested(VatSumSchema), metadata={"description": "Sums by VAT rate, in cents"}
    )


class OwnReceiptSchema(SalesReceiptSchema):
    products = fields.List(fields.Nested(NamesSchema))


class OwnReceiptsSchema(ListSchema):
    receipts = fields.List(fields.Nested(OwnReceiptSchema))
