"""JSON of products on sale and of orders.

Cents include VAT; percentages are strings such as "13.5".
"""

from typing import Any

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.money import cents_typed, percent_of
from zone.passes.catalogue.queries import names_of
from zone.passes.entitlements.schemas import GivenConditionsSchema
from zone.passes.passes.schemas import HeldPassSchema
from zone.passes.quotes.queries import PriceQuote, Quote
from zone.passes.receipts.schemas import OrderLineSchema, SalesReceiptSchema
from zone.passes.refunds.rules import LineRefund
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class OwnPriceSchema(Schema):
    cents = fields.Integer(metadata={"description": "VAT included"}, example=4500)
    currency = fields.String(example="EUR")
    vat_percent = fields.String(
        allow_none=True,
        metadata={"description": "Null: a bundle of several rates, which its parts name"},
        example="13.5",
    )
    vat_cents = fields.Integer(example=535)
    role = fields.String(
        metadata={"description": "The role that this price is for: student or staff"},
        example="student",
    )
    institution = fields.String(example="metropolia")


class OfferRefusalSchema(Schema):
    code = fields.String(example="not_sold")
    detail = fields.String(
        example="This is not sold to your group at the moment. Choose another product."
    )


class OfferPartSchema(Schema):
    """A product that a bundle sells, with its part of the price; it gives a pass of its own."""

    code = fields.String(example="gym-month")
    name = Nested(NamesSchema)
    cents = fields.Integer(metadata={"description": "VAT included"}, example=1500)
    vat_percent = fields.String(example="13.5")
    conditions = Nested(GivenConditionsSchema)
    starts_on = fields.Date()
    ends_on = fields.Date()


class OfferSchema(Schema):
    code = fields.String(example="term-pass")
    kind = fields.String(example="class")
    name = Nested(NamesSchema)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String(), metadata={"description": "Empty: every campus"})
    conditions = Nested(GivenConditionsSchema, allow_none=True)
    parts = fields.List(
        Nested(OfferPartSchema),
        metadata={"description": "Of a bundle: what is sold together; else empty"},
    )
    price = Nested(OwnPriceSchema, allow_none=True)
    starts_on = fields.Date(
        allow_none=True, metadata={"description": "When it would start if bought now"}
    )
    ends_on = fields.Date(
        allow_none=True, metadata={"description": "The last day, included"}, example="2026-12-31"
    )
    refusal = Nested(
        OfferRefusalSchema, allow_none=True, metadata={"description": "Why not, and what to do"}
    )


class OffersSchema(ListSchema):
    products = fields.List(Nested(OfferSchema))


class ShownQuoteSchema(Schema):
    """What the buyer was shown."""

    cents = fields.Integer(required=True, validate=validate.Range(0, 10_000_000), example=4500)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)


class NewOrderLineSchema(Schema):
    product = fields.String(required=True, validate=validate.Length(1, 64), example="term-pass")
    starts_on = fields.Date(load_default=None)
    shown = Nested(ShownQuoteSchema, load_default=None)


class NewOrderSchema(Schema):
    product = fields.String(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "The product, of an order with one line"},
        example="term-pass",
    )
    lines = fields.List(
        Nested(NewOrderLineSchema),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"description": "The lines, instead of `product`; each product once"},
        example=[],
    )
    voucher = fields.String(
        load_default=None,
        validate=validate.Length(1, 60),
        metadata={"description": "A discount code; not with `upgrades`"},
    )
    discount = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 10_000_000),
        metadata={"description": "The discount that was shown; another one now is a 409"},
    )
    starts_on = fields.Date(
        load_default=None,
        metadata={"description": "First day; without it, when the pass at hand ends, else today"},
    )
    upgrades = fields.UUID(
        load_default=None,
        metadata={
            "description": "A pass of one's own whose place it takes, for the difference",
            "example": None,
        },
    )
    shown = Nested(
        ShownQuoteSchema,
        load_default=None,
        metadata={
            "description": "Price and days that the buyer was shown; others now are a 409 and no "
            "order"
        },
    )
    terms = fields.Integer(
        load_default=None,
        metadata={
            "description": "The version of the terms of sale that was shown; another one now is a "
            "409"
        },
        example=None,
    )
    consent = fields.Boolean(
        load_default=False,
        metadata={
            "description": "The buyer asks for a start within the time of withdrawal, and pays for "
            "the use if they withdraw"
        },
    )
    provider = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "How to pay; without it the first way that is offered"},
        example="development",
    )

    @validates_schema
    def _check_lines(self, data: dict[str, Any], **_rest: Any) -> None:
        lines = [line["product"] for line in data["lines"]]
        if (data["product"] is None) == (not lines):
            raise ValidationError("Give either a product or lines.", "product")
        if len(set(lines)) < len(lines):
            raise ValidationError("Each product once.", "lines")
        if data["upgrades"] and (lines or data["voucher"]):
            raise ValidationError("An upgrade has one product and no code.", "upgrades")


class PaymentChoiceSchema(Schema):
    """How to pay."""

    provider = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "Without it the first way that is offered"},
        example="development",
    )


class OrderFormSchema(Schema):
    """The form of an order: the buyer's choice of a first day, if any, and what they were shown."""

    starts_on = fields.Date(load_default=None, allow_none=True)
    # Not required: a page without them is an old one, and is shown again with what holds now.
    cents = fields.Integer(load_default=None)
    first_day = fields.Date(load_default=None)
    last_day = fields.Date(load_default=None)
    rights = fields.String(load_default=None, validate=validate.Length(max=2000))
    terms = fields.Integer(load_default=None)
    consent = fields.Boolean(load_default=False)
    provider = fields.String(load_default=None, validate=validate.Length(1, 40))


class RefundSchema(Schema):
    reason = fields.String(
        required=True, validate=validate.Length(1, 500), example="Bought twice by mistake"
    )


class LineRefundSchema(Schema):
    """How much of a line is given back, and whether its pass ends although a part is left."""

    line = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "The number of the order's line, from 1"},
        example=1,
    )
    cents = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 10_000_000), example=1500
    )
    ends_pass = fields.Boolean(
        load_default=False,
        metadata={"description": "Of a line of which nothing is left the pass always ends"},
    )


class LinesRefundSchema(RefundSchema):
    """A refund of lines; without them of all that is left."""

    lines = fields.List(
        Nested(LineRefundSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
    )
    method = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 40),
        metadata={
            "description": "How the desk gives back what was paid there; else as it was paid"
        },
        example="bank_transfer",
    )


class RefundFormSchema(RefundSchema):
    """The form of a refund: an amount in euros for each line of the order, empty for none, and
    the numbers of the lines whose pass ends. It loads `lines`; without amounts None, which is all.
    """

    amount = fields.List(fields.String(allow_none=True), load_default=list)
    ends = fields.List(fields.Integer(), load_default=list)
    method = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))

    @post_load
    def _read_lines(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        amounts, ends = data.pop("amount"), data.pop("ends")
        lines = [
            LineRefund(number, _cents(typed), number in ends)
            for number, typed in enumerate(amounts, 1)
        ]
        return data | {"lines": lines or None}


def _cents(typed: str) -> int:
    if not typed.strip():
        return 0
    cents = cents_typed(typed)
    if cents is None:
        raise ValidationError("Give an amount, for example 45,00.", "amount")
    return cents


class ReturnReasonSchema(Schema):
    """A sentence, which is longer than a name may be."""

    fi = fields.String(required=True, example="Tilaus oli jo maksettu.")
    sv = fields.String(required=True, example="Beställningen var redan betald.")
    en = fields.String(required=True, example="The order was already paid.")


class ReturnedPaymentSchema(Schema):
    order_id = fields.UUID()
    cents = fields.Integer(example=4500)
    reason = Nested(ReturnReasonSchema, metadata={"description": "Why, in three languages"})
    at = fields.AwareDateTime()
    receipt = fields.String(allow_none=True, example="2026-18")
    outcome = fields.String(
        metadata={"description": "waiting, done, refused (it is given back by hand) or by_hand"},
        example="done",
    )


class WaitingRefundSchema(Schema):
    id = fields.UUID()
    cents = fields.Integer(example=14500)
    requested_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()


class OrderSchema(Schema):
    id = fields.UUID()
    state = fields.String(
        metadata={"description": "open, pending, paid, declined, cancelled, refunded or expired"},
        example="open",
    )
    lines = fields.List(Nested(OrderLineSchema))
    total_cents = fields.Integer(example=4500)
    currency = fields.String(example="EUR")
    placed_at = fields.AwareDateTime()
    pay_until = fields.AwareDateTime(
        allow_none=True,
        metadata={"description": "It expires then if it is not paid; null: an older order"},
    )
    withdrawn_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "When the buyer has withdrawn from it"}
    )
    voucher = fields.String(allow_none=True, metadata={"description": "The discount code of it"})
    terms_version = fields.Integer(
        allow_none=True,
        metadata={"description": "The version of the terms of sale that was agreed to"},
        example=1,
    )
    receipts = fields.List(Nested(SalesReceiptSchema))
    passes = fields.List(Nested(HeldPassSchema))
    returned_payments = fields.List(
        Nested(ReturnedPaymentSchema),
        metadata={"description": "Given back without being asked for, such as a second payment"},
    )
    refund = fields.String(
        allow_none=True,
        metadata={
            "description": "What became of the money that staff gave back: waiting, done, refused "
            "or by_hand; the way to pay (such as cash) or free where no provider returns it"
        },
        example="done",
    )
    refunded_cents = fields.Integer(
        metadata={"description": "How much of it staff gave back"}, example=1500
    )
    refund_request = Nested(
        WaitingRefundSchema,
        allow_none=True,
        metadata={"description": "A refund above the limit that waits for a second person"},
    )


class PlacedOrderSchema(OrderSchema):
    payment_url = fields.String(
        allow_none=True,
        metadata={"description": "Where to pay; null when nothing is due"},
        example="https://pay.example.org/1",
    )


def chosen_lines(lines: list[dict[str, Any]] | None) -> list[LineRefund] | None:
    """Return the lines of a `LinesRefundSchema`; None: all that is left."""
    if lines is None:
        return None
    return [LineRefund(one["line"], one["cents"], one["ends_pass"]) for one in lines]


def _price_json(quote: Quote) -> dict[str, Any]:
    rates = {line.vat_bp for line in quote.lines}
    return {
        "cents": quote.cents,
        "currency": quote.currency,
        "vat_percent": str(percent_of(rates.pop())) if len(rates) == 1 else None,
        "vat_cents": sum(tax.tax for tax in quote.taxes()),
        "role": quote.role,
        "institution": quote.institution_code,
    }


def _part_json(part: Quote) -> dict[str, Any]:
    return {
        "code": part.product.code,
        "name": names_of(part.product),
        "cents": part.cents,
        "vat_percent": str(percent_of(part.vat_bp)),
        "conditions": part.conditions,
        "starts_on": part.starts_on,
        "ends_on": part.ends_on,
    }


def offer_json(offer: PriceQuote, language: str) -> dict[str, Any]:
    """Return an offer in the shape of OfferSchema, the refusal in the reader's language."""
    product, quote, refusal = offer.product, offer.quote, offer.refusal
    return {
        "code": product.code,
        "kind": product.kind,
        "name": names_of(product),
        "entitlements": quote.entitlements if quote else product.entitlements,
        "campuses": quote.campuses if quote else product.campuses,
        "conditions": quote and quote.conditions,
        "parts": [_part_json(part) for part in quote.parts] if quote else [],
        "price": quote and _price_json(quote),
        "starts_on": quote and quote.starts_on,
        "ends_on": quote and quote.ends_on,
        "refusal": refusal
        and {"code": refusal.code, "detail": refusal.reasons[0].text(language, refusal.params)},
    }
