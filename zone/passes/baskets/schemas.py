"""The forms of a basket."""

from typing import Final

from marshmallow import Schema, validate

from zone.passes.baskets.rules import MOST_LINES
from zone.web import fields

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
