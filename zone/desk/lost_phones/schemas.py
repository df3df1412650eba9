"""The JSON and the form of a lost phone that is replaced."""

from marshmallow import Schema, validate

from zone.desk.live_doors.schemas import DeskReasonSchema
from zone.desk.sales.schemas import SalePaymentSchema
from zone.passes.payments.rules import METHODS
from zone.web import fields


class LostPhoneSchema(DeskReasonSchema, SalePaymentSchema):
    """Why, and how the fee was paid where there is one."""

    method = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(METHODS),
        metadata={"description": "How the fee was paid, where there is one"},
        example=None,
    )
    cents = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 10_000_000),
        metadata={"description": "The fee that was shown; another one now is a 409"},
        example=None,
    )


class LossFeeSchema(Schema):
    """What a person pays for a lost phone; `cents` null: nothing."""

    product = fields.String(allow_none=True, example="lost-card")
    cents = fields.Integer(allow_none=True, example=500)


class ReplacedPhoneSchema(Schema):
    devices = fields.Integer(metadata={"description": "How many keys were revoked"})
    receipt = fields.String(
        allow_none=True,
        metadata={"description": "The number of the receipt of the fee; null: nothing was paid"},
        example="2026-4817",
    )
