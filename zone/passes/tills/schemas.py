"""JSON and forms of tills."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, pre_load, validate
from marshmallow.fields import Nested

from zone.core.i18n import translatable
from zone.core.text import CODE
from zone.passes.numbering.rules import OWN_CODE
from zone.passes.payments.rules import METHODS
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_CENTS: Final = 10_000_000
"""100,000 euros; more is a typing error."""
_EUROS: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")
_AMOUNT: Final = translatable("Give an amount in euros, for example 45,00.")


def cents_of(euros: str) -> int:
    """Return the cents of an amount that was typed in euros.

    Raises:
        ValidationError: it is none.
    """
    if not _EUROS.fullmatch(euros):
        raise ValidationError(_AMOUNT, "euros")
    cents = int(Decimal(euros.replace(",", ".")) * 100)
    if cents > MOST_CENTS:
        raise ValidationError(_AMOUNT, "euros")
    return cents


class TillChangeSchema(Schema):
    campus = fields.String(required=True, validate=validate.Length(1, 64), example="myllypuro")
    name = fields.String(required=True, validate=validate.Length(1, 80), example="Front desk")


class TillFormSchema(TillChangeSchema):
    code = fields.String(
        required=True, validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="myllypuro-1"
    )


class TillSeriesSchema(Schema):
    """The code that stands before the numbers of a till's receipts."""

    series = fields.String(
        required=True, validate=validate.Regexp(rf"{OWN_CODE.pattern}\Z"), example="M1"
    )


class TillSeriesFormSchema(TillSeriesSchema):
    """The form of a till's series: small letters are taken as capitals."""

    @pre_load
    def read_capitals(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what was typed, in capitals."""
        return {**data, "series": str(data.get("series", "")).upper()}


class TillOpenSchema(Schema):
    float_cents = fields.Integer(
        required=True,
        validate=validate.Range(0, MOST_CENTS),
        metadata={"description": "The cash that is in it, counted"},
        example=10000,
    )


class CashMovementSchema(Schema):
    cents = fields.Integer(
        required=True,
        validate=[validate.Range(-MOST_CENTS, MOST_CENTS), validate.NoneOf([0])],
        metadata={"description": "What was put in; negative: taken out"},
        example=-20000,
    )
    reason = fields.String(required=True, validate=fields.reason_of(200), example="To the bank")


class CountedMethodSchema(Schema):
    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    cents = fields.Integer(required=True, validate=validate.Range(-MOST_CENTS, MOST_CENTS))
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Needed where it is not what is expected"},
    )


class TillCloseSchema(Schema):
    seen = fields.Integer(
        required=True,
        validate=validate.Range(0, fields.MAX_INTEGER),
        metadata={"description": "`seen` of the day whose expected sums were compared"},
    )
    counted = fields.List(
        Nested(CountedMethodSchema), required=True, validate=validate.Length(1, len(METHODS))
    )


class TillOpenFormSchema(Schema):
    """The form that opens a till: the float typed in euros."""

    euros = fields.String(required=True, validate=validate.Length(1, 12))

    @post_load
    def read_euros(self, data: dict[str, str], **_: Any) -> dict[str, Any]:
        """Return what the service takes."""
        return {"float_cents": cents_of(data["euros"])}


class CashFormSchema(Schema):
    """The form of cash in and out: the button says which."""

    euros = fields.String(required=True, validate=validate.Length(1, 12))
    reason = fields.String(required=True, validate=fields.reason_of(200))
    way = fields.String(required=True, validate=validate.OneOf(("in", "out")))

    @post_load
    def read_euros(self, data: dict[str, str], **_: Any) -> dict[str, Any]:
        """Return what the service takes."""
        cents = cents_of(data["euros"])
        if not cents:
            raise ValidationError(_AMOUNT, "euros")
        return {"cents": cents if data["way"] == "in" else -cents, "reason": data["reason"]}


class MoneyMoveSchema(Schema):
    at = fields.AwareDateTime()
    cents = fields.Integer()
    reason = fields.String()
    by = fields.String()


class OpenDaySchema(Schema):
    id = fields.UUID()
    day = fields.Date()
    opened_at = fields.AwareDateTime()
    opened_by = fields.String()
    float_cents = fields.Integer()
    expected = fields.Dict(keys=fields.String(), values=fields.Integer())
    moves = fields.List(Nested(MoneyMoveSchema))
    seen = fields.Integer(metadata={"description": "Sent back by the close"})
    left_open = fields.Boolean(metadata={"description": "It was opened on a day before today"})


class TillSchema(Schema):
    code = fields.String(example="myllypuro-1")
    name = fields.String()
    campus = fields.String()
    open = Nested(OpenDaySchema, allow_none=True)
    last_counted_cents = fields.Integer(allow_none=True)
    series = fields.String(
        metadata={
            "description": "The code of its own series of receipts; empty: it shares the desk's"
        },
        example="M1",
    )


class TillsSchema(ListSchema):
    tills = fields.List(Nested(TillSchema))


class CountRowSchema(Schema):
    method = fields.String(example="cash")
    expected_cents = fields.Integer()
    counted_cents = fields.Integer()
    difference_cents = fields.Integer()
    reason = fields.String()


class ClosedDaySchema(Schema):
    id = fields.UUID()
    day = fields.Date()
    closed_at = fields.AwareDateTime()
    closed_by = fields.String(metadata={"description": "Who counted and signed"})
    float_cents = fields.Integer()
    counts = fields.List(Nested(CountRowSchema))


class ClosedDaysSchema(ListSchema):
    days = fields.List(Nested(ClosedDaySchema))
