"""The JSON and the form of dated rules of passes."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.money import cents_typed
from zone.core.time import EARLIEST, LATEST
from zone.web import fields
from zone.web.schemas import ListSchema

_DAYS: Final = validate.Range(0, 400)
_FIRST_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())
MOST_ALONE: Final = 10_000_000
"""100,000 euros, in cents."""


class RuleFieldsSchema(Schema):
    """What the JSON and the form of the rules have in common. Days are calendar days."""

    holder_pauses = fields.Boolean(
        required=True, metadata={"description": "People pause their passes by themselves"}
    )
    pause_shortest = fields.Integer(required=True, strict=True, validate=validate.Range(1, 400))
    pause_longest = fields.Integer(required=True, strict=True, validate=validate.Range(1, 400))
    pauses_most = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, 50),
        metadata={"description": "How often a pass may be paused"},
    )
    pause_ahead = fields.Integer(
        required=True,
        strict=True,
        validate=_DAYS,
        metadata={"description": "So many days before its first day a pause is said"},
    )
    pause_cancels = fields.Boolean(
        required=True,
        metadata={"description": "Bookings inside are cancelled; else the pause is refused"},
    )
    upgrade_by_days = fields.Boolean(
        required=True,
        metadata={"description": "An upgrade costs the difference for the days left only"},
    )
    withdrawal_days = fields.Integer(required=True, strict=True, validate=_DAYS)
    refund_by_days = fields.Boolean(
        required=True, metadata={"description": "Later the days that are left are paid back"}
    )
    refund_until_day = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=_DAYS,
        metadata={"description": "Until so many days from the first one; null: to the last"},
    )
    renewal_days = fields.Integer(required=True, strict=True, validate=_DAYS)
    devices = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 10),
        metadata={"description": "So many phones hold the pass of a person"},
    )
    unpaid_minutes = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(5, 10080),
        metadata={"description": "An order that is not paid in so many minutes expires"},
    )
    given_a_day = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, 500),
        metadata={"description": "So many passes one of staff gives without payment in a day"},
    )

    loss_fee = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 40),
        metadata={"description": "The fee that is paid for a lost phone, a product; null: none"},
        example="lost-card",
    )
    free_losses = fields.Integer(
        load_default=0,
        strict=True,
        validate=validate.Range(0, 50),
        metadata={"description": "So many lost phones of a person cost nothing"},
    )
    visit_minutes = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 1440),
        metadata={
            "description": "Of a pass with counted visits: who comes in again within so many "
            "minutes of a visit pays for no second one"
        },
    )

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_rest: Any) -> None:
        if data["pause_longest"] < data["pause_shortest"]:
            raise ValidationError(
                "The longest pause is shorter than the shortest.", "pause_longest"
            )


class PassRulesSchema(RuleFieldsSchema):
    """Rules of passes. Days are calendar days."""

    refund_alone_cents = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, MOST_ALONE),
        metadata={"description": "So much of an order one person gives back; above it two do"},
    )


class DatedPassRulesSchema(PassRulesSchema):
    """Rules of passes from a day on."""

    valid_from = fields.Date(required=True, validate=_FIRST_DAY)


class PassRulesFormSchema(RuleFieldsSchema):
    """The form of the rules: the limit of refunds typed in euros."""

    valid_from = fields.Date(required=True, validate=_FIRST_DAY)
    refund_alone_cents = fields.String(required=True, validate=validate.Length(1, 12))

    @post_load
    def read_euros(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what the service takes."""
        cents = cents_typed(data["refund_alone_cents"])
        if cents is None or cents > MOST_ALONE:
            raise ValidationError("Give an amount, for example 45,00.", "refund_alone_cents")
        return data | {"refund_alone_cents": cents}


class ListedPassRulesSchema(Schema):
    valid_from = fields.Date()
    rules = Nested(PassRulesSchema)


class PassRulesListSchema(ListSchema):
    """All rules in the order in which they were set; of one day the last ones hold."""

    pass_rules = fields.List(Nested(ListedPassRulesSchema))
