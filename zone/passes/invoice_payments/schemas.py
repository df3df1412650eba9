"""JSON and the forms of payments of invoices."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_CENTS: Final = 2_000_000_000
_typed: Final = re.compile(r"-?[0-9]{1,7}(?:[.,][0-9]{1,2})?")
_day: Final = validate.Range(EARLIEST.date(), LATEST.date())


class InvoicePaymentSchema(Schema):
    """What has come for an invoice, recorded by hand."""

    cents = fields.Integer(
        required=True,
        validate=validate.And(validate.Range(-MOST_CENTS, MOST_CENTS), validate.NoneOf((0,))),
        metadata={"description": "Less than zero corrects what was recorded, or goes back"},
        example=156875,
    )
    paid_on = fields.Date(required=True, validate=_day)
    note = fields.String(load_default="", validate=validate.Length(max=200))


class InvoicePaymentFormSchema(Schema):
    """The form of a payment, typed in euros. It loads `cents`."""

    amount = fields.String(required=True, example="1250,00")
    paid_on = fields.Date(required=True, validate=_day)
    note = fields.String(load_default="", validate=validate.Length(max=200))

    @post_load
    def _read_cents(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        plain = "".join(data.pop("amount").split())
        # Decimal, because 19.90 is no binary fraction.
        cents = int(Decimal(plain.replace(",", ".")) * 100) if _typed.fullmatch(plain) else 0
        if not cents:
            raise ValidationError("Give an amount, such as 1250,00.", "amount")
        return data | {"cents": cents}


class BankRowSchema(Schema):
    reference = fields.String()
    cents = fields.Integer()
    paid_on = fields.Date()
    invoice_id = fields.UUID(allow_none=True)
    number = fields.String()
    payer = fields.String()


class UnknownPaymentsSchema(ListSchema):
    """Money from the bank whose reference no invoice has, the newest first."""

    payments = fields.List(Nested(BankRowSchema))
