"""JSON and forms of the books."""

import re
from datetime import date, timedelta
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.i18n import translatable
from zone.passes.books.rules import METHOD, OTHER, OTHERS, SALES, SLOTS, VAT
from zone.passes.catalogue.rules import FEE, KINDS
from zone.passes.payments.rules import FREE, METHODS, TITLES
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_DAYS: Final = 732
"""Two years at a time, as an accountant asks for."""
MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


_RATE: Final = re.compile(r"[0-9]{1,4}")
SUBJECTS: Final = {
    SALES: (*KINDS, FEE),
    METHOD: (*METHODS, *TITLES, FREE),
    OTHER: OTHERS,
}
"""What an account may be for, besides VAT, whose subjects are rates."""


class AccountRuleSchema(Schema):
    slot = fields.String(required=True, validate=validate.OneOf(SLOTS), example="vat")
    subject = fields.String(
        load_default="",
        validate=validate.Length(max=40),
        metadata={
            "description": "The product kind, the VAT rate in hundredths of a percent, or the way "
            "to pay; empty: all that have no row of their own"
        },
        example="1350",
    )
    valid_from = fields.Date(required=True, example="2026-01-01")
    account = fields.String(
        required=True, validate=validate.Regexp(r"[0-9A-Za-z-]{1,12}\Z"), example="2939"
    )
    vat_code = fields.String(load_default="", validate=validate.Length(max=12), example="135")

    @validates_schema
    def check_subject(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a subject that its slot does not have: its account would never be used."""
        slot, subject = data["slot"], data["subject"]
        known = _RATE.fullmatch(subject) if slot == VAT else subject in SUBJECTS.get(slot, ())
        if subject and not known:
            raise ValidationError("Choose for which of them it is.", "subject")


class ChartSchema(ListSchema):
    rows = fields.List(Nested(AccountRuleSchema))


class DaysSchema(Schema):
    """From a day to a day, both included."""

    first = fields.Date(required=True, example="2026-01-01")
    last = fields.Date(required=True, example="2026-12-31")

    @post_load
    def check_days(self, data: dict[str, date], **_: Any) -> dict[str, date]:
        """Refuse days in the wrong order, and more than two years."""
        if not timedelta(0) <= data["last"] - data["first"] < timedelta(MOST_DAYS):
            raise ValidationError(
                translatable("Give a first and a last day, at most two years."), "last"
            )
        return data


class MonthReportSchema(Schema):
    first = fields.Date()
    last = fields.Date()
    documents = fields.Integer()
    sales_cents = fields.Integer()
    refunds_cents = fields.Integer(metadata={"description": "Negative"})
    returned_cents = fields.Integer(
        metadata={"description": "Payments that sold nothing and were given back"}
    )
    gross_by_rate = fields.Dict(keys=fields.Integer(), values=fields.Integer())
    vat_by_rate = fields.Dict(keys=fields.Integer(), values=fields.Integer())
    by_method = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_campus = fields.Dict(keys=fields.String(), values=fields.Integer())
    cash_moved_cents = fields.Integer()
    difference_cents = fields.Integer()
    paid_out_cents = fields.Integer(
        metadata={"description": "What payment providers have paid to the bank"}
    )
    fee_cents = fields.Integer(metadata={"description": "What they kept of it"})
