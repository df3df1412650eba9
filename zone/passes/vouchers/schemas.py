"""JSON and the form of discount codes."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.passes.vouchers.rules import WHOLE
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_USES: Final = 1_000_000
_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())
_CODE: Final = validate.Regexp(r"[\w][\w -]{2,38}[\w]\Z")
_euros = re.compile(r"[0-9]{1,5}(?:[.,][0-9]{1,2})?")
_percent = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,2})?")


class _VoucherSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 120), example="Freshers 2027")
    code = fields.String(
        load_default=None,
        allow_none=True,
        validate=_CODE,
        metadata={"description": "Without it, one is made that nobody guesses"},
        example="FRESHERS-27",
    )
    most_uses = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, MOST_USES), example=100
    )
    products = fields.List(
        fields.String(validate=validate.Length(1, 40)),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"description": "Codes of the products that it is for; empty: all"},
    )
    valid_from = fields.Date(required=True, validate=_DAY)
    valid_until = fields.Date(
        load_default=None,
        allow_none=True,
        validate=_DAY,
        metadata={"description": "The last day; null: until it is ended"},
    )

    @validates_schema
    def _check_days(self, data: dict[str, Any], **_rest: Any) -> None:
        until = data.get("valid_until")
        if until is not None and until < data["valid_from"]:
            raise ValidationError("The last day is before the first.", "valid_until")


class NewVoucherSchema(_VoucherSchema):
    """A discount code: either a part of the price or a sum."""

    percent_bp = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 10_000),
        metadata={"description": "In hundredths of a percent"},
        example=1500,
    )
    cents = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 1_000_000)
    )

    @validates_schema
    def _check_value(self, data: dict[str, Any], **_rest: Any) -> None:
        if (data.get("percent_bp") is None) == (data.get("cents") is None):
            raise ValidationError("Give either a part of the price or a sum.", "percent_bp")


class VoucherFormSchema(_VoucherSchema):
    """The form of a new discount code; percent and euros are typed. It loads as the JSON."""

    percent = fields.String(load_default=None, validate=validate.Regexp(_percent.pattern + r"\Z"))
    euros = fields.String(load_default=None, validate=validate.Regexp(_euros.pattern + r"\Z"))

    @post_load
    def read_value(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        """Return the code as the API takes it."""
        percent, euros = data.pop("percent"), data.pop("euros")
        data["percent_bp"] = percent and _hundredths(percent)
        data["cents"] = euros and _hundredths(euros)
        if (percent is None) == (euros is None) or 0 in (data["percent_bp"], data["cents"]):
            raise ValidationError("Give either a part of the price or a sum.", "percent")
        if percent is not None and data["percent_bp"] > WHOLE:
            raise ValidationError("At most 100 per cent.", "percent")
        return data


def _hundredths(typed: str) -> int:
    return int(Decimal(typed.replace(",", ".")) * 100)


class VoucherEndFormSchema(Schema):
    code = fields.String(required=True, validate=_CODE)


class VoucherSchema(Schema):
    """A discount code, and how often it was used."""

    code = fields.String(example="FRESHERS-27")
    name = fields.String(example="Freshers 2027")
    percent_bp = fields.Integer(allow_none=True, example=1500)
    cents = fields.Integer(allow_none=True)
    products = fields.List(fields.String())
    uses = fields.Integer(example=12)
    most_uses = fields.Integer(example=100)
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class VouchersSchema(ListSchema):
    """Every discount code, the newest first."""

    vouchers = fields.List(Nested(VoucherSchema))
