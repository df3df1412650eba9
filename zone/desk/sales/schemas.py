"""The JSON and the form of a sale at the counter."""

from typing import Any

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema

from zone.desk.live_doors.schemas import DAY_RANGE
from zone.passes.payments.rules import METHODS
from zone.web import fields


class CounterSaleSchema(Schema):
    product = fields.String(required=True, validate=validate.Length(1, 64), example="term-pass")
    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    reference = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100),
        metadata={
            "description": "The number of the terminal's receipt, of the payment with an exercise "
            "benefit or of the voucher; the last two need it. Never the number of a card"
        },
        example="1204-7",
    )
    till = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=40),
        metadata={
            "description": "The till into which the money goes; needed where several are open"
        },
    )
    cents = fields.Integer(
        required=True,
        validate=validate.Range(0, 10_000_000),
        metadata={"description": "The price that was shown; another one now is a 409"},
        example=4500,
    )
    starts_on = fields.Date(
        required=True, validate=DAY_RANGE, metadata={"description": "The first day that was shown"}
    )
    ends_on = fields.Date(
        load_default=None,
        validate=DAY_RANGE,
        metadata={"description": "The last day that was shown; another one now is a 409"},
    )
    voucher = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 60),
        metadata={"description": "A discount code of the buyer"},
    )
    discount = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 10_000_000),
        metadata={
            "description": "What the code takes off: so much less was paid. Another one now "
            "is a 409"
        },
    )

    @validates_schema
    def _check_discount(self, data: dict[str, Any], **_rest: Any) -> None:
        if data["discount"] is not None and not data["voucher"]:
            raise ValidationError("Only with a code.", "discount")


class SaleFormSchema(Schema):
    """`offer` is the choice on the screen: product, cents and both days, as they were shown."""

    offer = fields.String(
        required=True,
        validate=validate.Regexp(r"[\w-]{1,64}:\d{1,8}(:\d{4}-\d\d-\d\d){1,2}\Z"),
    )
    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    reference = fields.String(load_default=None, validate=validate.Length(max=100))
    till = fields.String(load_default=None, validate=validate.Length(max=40))

    @post_load
    def split_offer(self, data: dict[str, str], **_: Any) -> dict[str, Any]:
        """Return the sale as the API takes it, validated as there."""
        # A page from before an upgrade has no last day.
        product, cents, starts_on, *ends_on = data["offer"].split(":")
        parts = {
            "product": product,
            "cents": cents,
            "starts_on": starts_on,
            **({"ends_on": ends_on[0]} if ends_on else {}),
            "method": data["method"],
            "reference": data["reference"],
            "till": data["till"],
        }
        sale: dict[str, Any] = CounterSaleSchema().load(parts)
        return sale
