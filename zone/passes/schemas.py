"""The JSON of products, orders, passes and receipts. Cents include VAT; percentages are strings such as "13.5"."""

from typing import Any

from marshmallow import Schema, fields, validate

from zone.http.schemas import ListSchema, NamesSchema
from zone.passes.order_queries import Offer
from zone.passes.queries import names_of
from zone.passes.rules import percent_of, vat_cents


class OwnPriceSchema(Schema):
    cents = fields.Integer(metadata={"description": "VAT included"})
    currency = fields.String()
    vat_percent = fields.String()
    vat_cents = fields.Integer()
    role = fields.String(metadata={"description": "The role that this price is for: student or staff"})
    institution = fields.String()


class OfferRefusalSchema(Schema):
    code = fields.String()
    detail = fields.String()


class OfferSchema(Schema):
    code = fields.String()
    kind = fields.String()
    name = fields.Nested(NamesSchema)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String(), metadata={"description": "Empty: every campus"})
    price = fields.Nested(OwnPriceSchema, allow_none=True)
    starts_on = fields.Date(allow_none=True, metadata={"description": "When it would start if bought now"})
    ends_on = fields.Date(allow_none=True, metadata={"description": "The last day, included"})
    refusal = fields.Nested(OfferRefusalSchema, allow_none=True, metadata={"description": "Why not, and what to do"})


class OffersSchema(ListSchema):
    products = fields.List(fields.Nested(OfferSchema))


class NewOrderSchema(Schema):
    product = fields.String(required=True, validate=validate.Length(1, 64))
    starts_on = fields.Date(
        load_default=None,
        metadata={"description": "First day; without it, when the pass at hand ends, else today"},
    )


class RefundSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class HeldPassSchema(Schema):
    id = fields.UUID()
    kind = fields.String()
    product = fields.Nested(NamesSchema)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String())
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime(metadata={"description": "Not included"})
    state = fields.String(metadata={"description": "valid, not_yet, expired, refunded or replaced"})
    activated_at = fields.AwareDateTime(allow_none=True)


class HeldPassesSchema(ListSchema):
    passes = fields.List(fields.Nested(HeldPassSchema))


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


class OrderSchema(Schema):
    id = fields.UUID()
    state = fields.String(metadata={"description": "open, paid, declined, cancelled or refunded"})
    lines = fields.List(fields.Nested(OrderLineSchema))
    total_cents = fields.Integer()
    currency = fields.String()
    placed_at = fields.AwareDateTime()
    receipts = fields.List(fields.Nested(SalesReceiptSchema))
    passes = fields.List(fields.Nested(HeldPassSchema))


class PlacedOrderSchema(OrderSchema):
    payment_url = fields.String(allow_none=True, metadata={"description": "Where to pay; null when nothing is due"})


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
    vat = fields.List(fields.Nested(VatSumSchema), metadata={"description": "Sums by VAT rate, in cents"})


class OwnReceiptSchema(SalesReceiptSchema):
    products = fields.List(fields.Nested(NamesSchema))


class OwnReceiptsSchema(ListSchema):
    receipts = fields.List(fields.Nested(OwnReceiptSchema))


def offer_json(offer: Offer, language: str) -> dict[str, Any]:
    """An offer in the shape of OfferSchema, the refusal in the reader's language."""
    product, quote, refusal = offer.product, offer.quote, offer.refusal
    return {
        "code": product.code,
        "kind": product.kind,
        "name": names_of(product),
        "entitlements": product.entitlements,
        "campuses": product.campuses,
        "price": quote
        and {
            "cents": quote.cents,
            "currency": quote.currency,
            "vat_percent": str(percent_of(quote.vat_bp)),
            "vat_cents": vat_cents(quote.cents, quote.vat_bp),
            "role": quote.role,
            "institution": quote.institution_code,
        },
        "starts_on": quote and quote.starts_on,
        "ends_on": quote and quote.ends_on,
        "refusal": refusal and {"code": refusal.code, "detail": refusal.reasons[0].text(language, refusal.params)},
    }
