"""JSON and forms of VAT rates."""

import re
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, post_load, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.passes.catalogue.rules import VAT_CATEGORIES
from zone.web import fields
from zone.web.schemas import ListSchema

_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())
_PERCENT: Final = re.compile(r"(?:100|[0-9]{1,2})(?:[.,][0-9]{1,2})?")
_WHOLE: Final = 10_000
"""100 % in hundredths of a percent."""


class _DatedRateSchema(Schema):
    category = fields.String(required=True, validate=validate.OneOf(VAT_CATEGORIES))
    valid_from = fields.Date(
        required=True,
        validate=_DAY,
        metadata={"description": "The first day of supply; today or later, once there is a rate"},
    )


class NewVatRateSchema(_DatedRateSchema):
    """The VAT rate of a category from a day on."""

    rate_bp = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, _WHOLE),
        metadata={"description": "In hundredths of a percent"},
        example=1350,
    )


class VatRateFormSchema(_DatedRateSchema):
    """The form of a VAT rate; the percent is typed, with a comma or a point."""

    percent = fields.String(
        required=True, validate=validate.Regexp(_PERCENT.pattern + r"\Z"), example="13,5"
    )

    @post_load
    def _read_percent(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"percent": Decimal(data["percent"].replace(",", "."))}


class VatRateSchema(Schema):
    """A rate from a day of supply on."""

    valid_from = fields.Date()
    rate_bp = fields.Integer(metadata={"description": "In hundredths of a percent"}, example=1350)


class RatesOfCategorySchema(Schema):
    """The rates of a category, the newest first."""

    category = fields.String(example="exercise")
    rates = fields.List(Nested(VatRateSchema))


class VatRatesSchema(ListSchema):
    """Every category with its rates."""

    categories = fields.List(Nested(RatesOfCategorySchema))
