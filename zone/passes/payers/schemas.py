"""JSON and the form of payers."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.i18n import LANGUAGES
from zone.core.text import CODE
from zone.passes.payers.rules import is_business_id
from zone.web import fields
from zone.web.schemas import ListSchema

# The shortest and longest texts of Finvoice 3.0.
_name: Final = validate.Length(2, 70)
_line: Final = validate.Length(2, 35)


def _check_business_id(text: str) -> None:
    if not is_business_id(text):
        raise ValidationError("Give a Finnish business ID, such as 0112038-9.")


class PayerChangeSchema(Schema):
    """The billing details of a payer, whole."""

    name = fields.String(required=True, validate=_name, example="Esimerkki University Ltd")
    business_id = fields.String(required=True, validate=_check_business_id, example="0112038-9")
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
        load_default="",
        validate=validate.Regexp(r"([0-9A-Z]{2,35})?\Z"),
        metadata={"description": "OVT identifier or IBAN; empty: it takes no e-invoices"},
        example="003701120389",
    )
    einvoice_operator = fields.String(
        load_default="",
        validate=validate.Regexp(r"([0-9A-Z]{2,35})?\Z"),
        metadata={"description": "Code of the operator or bank that passes e-invoices on"},
        example="003723327487",
    )
    email = fields.String(
        load_default="",
        validate=validate.And(
            validate.Length(max=70), validate.Regexp(r"([^@\s,;<>]+@[^@\s,;<>]+)?\Z")
        ),
        metadata={"description": "Where invoices are mailed; empty: they are not"},
        example="invoices@esimerkki.example",
    )
    language = fields.String(load_default="fi", validate=validate.OneOf(LANGUAGES), example="fi")
    payment_days = fields.Integer(
        required=True,
        example=14,
        validate=validate.Range(0, 90),
        metadata={"description": "Days from the invoice to its due date"},
    )
    version = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read; null or left out for a new payer"},
    )

    @validates_schema
    def _check_pair(self, data: dict[str, Any], **_rest: Any) -> None:
        if bool(data.get("einvoice_address")) != bool(data.get("einvoice_operator")):
            raise ValidationError(
                "Give both the e-invoice address and its operator, or neither.",
                "einvoice_operator",
            )


class PayerFormSchema(PayerChangeSchema):
    """The form of a payer: its code, and what the JSON has."""

    code = fields.String(
        required=True, validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="metropolia"
    )


class PayerSchema(Schema):
    """A payer with its billing details."""

    code = fields.String(example="metropolia")
    name = fields.String()
    business_id = fields.String()
    vat_id = fields.String()
    street = fields.String()
    post_code = fields.String()
    town = fields.String()
    country = fields.String()
    einvoice_address = fields.String()
    einvoice_operator = fields.String()
    email = fields.String()
    language = fields.String()
    payment_days = fields.Integer()
    version = fields.Integer()


class PayersSchema(ListSchema):
    """Every payer by name."""

    payers = fields.List(Nested(PayerSchema))
