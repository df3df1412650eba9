"""The JSON and the forms of a basket."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.passes.baskets.rules import MOST_LINES
from zone.passes.orders.schemas import OfferRefusalSchema
from zone.web import fields
from zone.web.schemas import NamesSchema

_CODE: Final = validate.Length(1, 64)


class BasketLineFormSchema(Schema):
    product = fields.String(required=True, validate=_CODE)
    starts_on = fields.Date(load_default=None)


class BasketCodeFormSchema(Schema):
    """A discount code; empty takes out the one that there is."""

    voucher = fields.String(load_default=None, validate=validate.Length(max=60))


class BasketOrderFormSchema(Schema):
    """`lines` and `discount` are what was shown, to be compared."""

    # Not required: a page without them is an old one, and is shown again with what holds now.
    lines = fields.List(
        fields.String(validate=validate.Length(max=200)),
        load_default=list,
        validate=validate.Length(max=MOST_LINES),
    )
    discount = fields.Integer(load_default=None)
    terms = fields.Integer(load_default=None)
    consent = fields.Boolean(load_default=False)
    provider = fields.String(load_default=None, validate=validate.Length(1, 40))


class BasketLineSchema(Schema):
    """A line of a basket at today's price, or why it cannot be ordered."""

    product = fields.String(example="term-pass")
    name = Nested(NamesSchema)
    cents = fields.Integer(allow_none=True, example=4500)
    discount_cents = fields.Integer(example=450)
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)
    shown = fields.String(
        metadata={"description": "What was shown of it, to be sent with the order as it is"}
    )
    refusal = Nested(OfferRefusalSchema, allow_none=True)


class BasketSchema(Schema):
    """One's own basket with what holds now."""

    lines = fields.List(Nested(BasketLineSchema))
    voucher = fields.String(allow_none=True, metadata={"description": "Its discount code"})
    refusal = Nested(
        OfferRefusalSchema, allow_none=True, metadata={"description": "Why the code does not hold"}
    )
    discount_cents = fields.Integer(example=450)
    total_cents = fields.Integer(example=4050)
