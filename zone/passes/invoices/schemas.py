"""JSON and the forms of invoices."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.passes.catalogue.rules import VAT_CATEGORIES
from zone.passes.invoices.bank_references import is_iban
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_UNIT_CENTS: Final = 10_000_000
MOST_QUANTITY: Final = 1_000_000
_typed: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")
_day: Final = validate.Range(EARLIEST.date(), LATEST.date())
_line: Final = validate.Length(2, 35)


def _check_iban(text: str) -> None:
    if not is_iban("".join(text.split()).upper()):
        raise ValidationError("Give an IBAN whose check digits are right.")


class SellerAccountSchema(Schema):
    """Where invoices are to be paid, and the service's own details on them."""

    iban = fields.String(
        required=True,
        validate=validate.And(validate.Length(1, 42), _check_iban),
        example="FI2112345600000785",
    )
    bic = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?\Z"),
        example="NDEAFIHH",
    )
    vat_id = fields.String(
        load_default="",
        validate=validate.Regexp(r"([A-Z]{2}[0-9A-Za-z]{2,12})?\Z"),
        example="FI01120389",
    )
    street = fields.String(required=True, validate=_line, example="Esimerkkikatu 1")
    post_code = fields.String(required=True, validate=validate.Length(2, 10), example="00520")
    town = fields.String(required=True, validate=_line, example="Helsinki")
    country = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{2}\Z"), example="FI")
    einvoice_address = fields.String(
        load_default="", validate=validate.Regexp(r"([0-9A-Z]{2,35})?\Z"), example="003701120389"
    )
    einvoice_operator = fields.String(
        load_default="", validate=validate.Regexp(r"([0-9A-Z]{2,35})?\Z"), example="003723327487"
    )

    @post_load
    def _without_spaces(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        if bool(data["einvoice_address"]) != bool(data["einvoice_operator"]):
            raise ValidationError(
                "Give both the e-invoice address and its operator, or neither.",
                "einvoice_operator",
            )
        return data | {"iban": "".join(data["iban"].split()).upper()}


class NewInvoiceLineSchema(Schema):
    """A line of a draft."""

    text = fields.String(
        required=True, validate=validate.Length(1, 100), example="Sports service, autumn"
    )
    quantity = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_QUANTITY),
        metadata={"description": "In hundredths: 250 is 2.5"},
        example=100,
    )
    unit_cents = fields.Integer(
        required=True,
        validate=validate.Range(0, MOST_UNIT_CENTS),
        metadata={"description": "Price of one without VAT"},
        example=125000,
    )
    vat_category = fields.String(load_default="other", validate=validate.OneOf(VAT_CATEGORIES))
    supplied_on = fields.Date(
        required=True, validate=_day, metadata={"description": "Its VAT rate is that of this day"}
    )


class NewDraftSchema(Schema):
    """An invoice to be prepared."""

    payer = fields.String(required=True, validate=validate.Length(1, 40), example="metropolia")
    buyer_reference = fields.String(
        load_default="",
        validate=validate.Length(max=70),
        metadata={"description": "What the payer asks to be named, such as an order number"},
    )
    lines = fields.List(
        Nested(NewInvoiceLineSchema), load_default=list, validate=validate.Length(max=100)
    )


class InvoiceDraftFormSchema(Schema):
    """The form that begins a draft."""

    payer = fields.String(required=True, validate=validate.Length(1, 40), example="metropolia")
    buyer_reference = fields.String(load_default="", validate=validate.Length(max=70))


class LineFormSchema(Schema):
    """The form of a line, as typed. It loads `quantity` in hundredths and `unit_cents`."""

    text = fields.String(required=True, validate=validate.Length(1, 100))
    quantity = fields.String(required=True, example="2,5")
    euros = fields.String(required=True, example="1250,00")
    vat_category = fields.String(load_default="other", validate=validate.OneOf(VAT_CATEGORIES))
    supplied_on = fields.Date(required=True, validate=_day)

    @post_load
    def _read_numbers(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        quantity = _hundredths(data.pop("quantity"), "quantity", MOST_QUANTITY)
        if not quantity:
            raise ValidationError("Give how many, such as 2,5.", "quantity")
        cents = _hundredths(data.pop("euros"), "euros", MOST_UNIT_CENTS)
        return data | {"quantity": quantity, "unit_cents": cents}


def _hundredths(text: str, name: str, most: int) -> int:
    plain = "".join(text.split())
    if not _typed.fullmatch(plain):
        raise ValidationError("Give a number, such as 2,5.", name)
    # Decimal, because 19.90 is no binary fraction.
    value = int(Decimal(plain.replace(",", ".")) * 100)
    if value > most:
        raise ValidationError("This number is too high.", name)
    return value


class RemoveLineFormSchema(Schema):
    """The form that removes a line of a draft."""

    line = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class NothingFormSchema(Schema):
    """A form of one button."""


class InvoiceRowSchema(Schema):
    """An invoice or credit note in a list."""

    id = fields.UUID()
    number = fields.String(example="L-2026-17")
    kind = fields.String(metadata={"description": "`invoice` or `credit`"}, example="invoice")
    payer = fields.String()
    issued_on = fields.Date()
    due_on = fields.Date()
    cents = fields.Integer(metadata={"description": "With VAT"}, example=156875)
    paid_cents = fields.Integer()
    state = fields.String(
        metadata={
            "description": "`open`, `overdue`, `partly_paid`, `paid`, `overpaid`, `credited`, or "
            "`credit` of a credit note"
        },
        example="open",
    )


class InvoicesSchema(ListSchema):
    """Invoices and credit notes, the newest first."""

    invoices = fields.List(Nested(InvoiceRowSchema))


class InvoiceLineSchema(Schema):
    text = fields.String()
    quantity = fields.Integer(metadata={"description": "In hundredths"}, example=100)
    unit_cents = fields.Integer(metadata={"description": "Without VAT"}, example=125000)
    vat_bp = fields.Integer(metadata={"description": "In hundredths of a percent"}, example=2550)
    supplied_on = fields.Date()
    net_cents = fields.Integer()
    tax_cents = fields.Integer()


class InvoiceRateSchema(Schema):
    vat_bp = fields.Integer(example=2550)
    net = fields.Integer()
    tax = fields.Integer()


class InvoiceSchema(Schema):
    """An issued invoice or credit note."""

    id = fields.UUID()
    number = fields.String(example="L-2026-17")
    kind = fields.String(example="invoice")
    credits = fields.String(metadata={"description": "Number of the invoice that it credits"})
    credited_by = fields.String(metadata={"description": "Numbers of its credit notes"})
    credited_cents = fields.Integer(
        metadata={"description": "What credit notes took off; below zero"}, example=0
    )
    left = fields.List(
        fields.Integer(),
        metadata={"description": "Of each line, how much was not credited yet, in hundredths"},
    )
    payer_code = fields.String()
    buyer_reference = fields.String()
    reference = fields.String(metadata={"description": "Finnish reference number"})
    creditor_reference = fields.String(metadata={"description": "The same as ISO 11649"})
    bar_code = fields.String(metadata={"description": "Bank bar code, version 4"})
    issued_on = fields.Date()
    due_on = fields.Date()
    lines = fields.List(Nested(InvoiceLineSchema))
    rates = fields.List(Nested(InvoiceRateSchema))
    net_cents = fields.Integer()
    tax_cents = fields.Integer()
    cents = fields.Integer()
    paid_cents = fields.Integer()
    state = fields.String(example="open")


class InvoiceDraftSchema(Schema):
    """A draft, priced as if it were issued now."""

    id = fields.UUID()
    payer_code = fields.String()
    buyer_reference = fields.String()
    lines = fields.List(Nested(InvoiceLineSchema))
    rates = fields.List(Nested(InvoiceRateSchema))
    cents = fields.Integer()
