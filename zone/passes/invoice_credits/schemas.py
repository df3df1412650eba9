"""JSON and the form of credit notes of invoices."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.web import fields

MOST_LINES: Final = 100
_typed: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?")


class CreditedLineSchema(Schema):
    line = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_LINES),
        metadata={"description": "The number of the line on the invoice, from 1"},
    )
    quantity = fields.Integer(
        required=True,
        validate=validate.Range(1, 1_000_000_000),
        metadata={"description": "In hundredths"},
        example=100,
    )


class InvoiceCreditSchema(Schema):
    """How much of an invoice is credited."""

    lines = fields.List(
        Nested(CreditedLineSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MOST_LINES),
        metadata={"description": "Null: all that is left", "example": None},
    )


class InvoiceCreditFormSchema(Schema):
    """The form: how much of each line, as typed; empty for none. It loads `chosen`."""

    quantity = fields.List(fields.String(allow_none=True), load_default=list)

    @post_load
    def _read_quantities(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        typed = data.pop("quantity")
        read = {number: _hundredths(text) for number, text in enumerate(typed, 1)}
        return {"chosen": read or None}


def chosen_quantities(data: dict[str, Any]) -> dict[int, int] | None:
    """Return what an `InvoiceCreditSchema` chose, by the number of the line; None: all."""
    if data["lines"] is None:
        return None
    return {one["line"]: one["quantity"] for one in data["lines"]}


def _hundredths(text: str) -> int:
    plain = "".join(text.split())
    if not plain:
        return 0
    if not _typed.fullmatch(plain):
        raise ValidationError("Give a number, such as 2,5.", "quantity")
    # Decimal, because 19.90 is no binary fraction.
    return int(Decimal(plain.replace(",", ".")) * 100)
