"""JSON of the public price list."""

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.money import EUR
from zone.core.time import EARLIEST, LATEST
from zone.passes.entitlements.schemas import GivenConditionsSchema
from zone.passes.shop.views import ComingPrice, PriceLine, RolePrices
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class PriceListQuerySchema(Schema):
    day = fields.Date(
        load_default=None,
        validate=validate.Range(EARLIEST.date(), LATEST.date()),
        metadata={"description": "The day in Helsinki; without it today"},
    )


class ComingPriceSchema(Schema):
    """The price of a line of the list from a day on, until the next one."""

    valid_from = fields.Date()
    cents = fields.Integer(
        allow_none=True,
        metadata={"description": "Null: not sold at this price any more"},
        example=4900,
    )
    institutions = fields.List(
        fields.String(), metadata={"description": "For whom; empty: for all that have the role"}
    )


class ListPriceSchema(Schema):
    """What a product costs a customer group on the day of the list."""

    code = fields.String(example="sports-term")
    name = Nested(NamesSchema)
    role = fields.String(example="student")
    institutions = fields.List(
        fields.String(), metadata={"description": "For whom; empty: for all that have the role"}
    )
    cents = fields.Integer(
        allow_none=True,
        metadata={"description": "VAT included; null: it is not sold yet, see `coming`"},
        example=4500,
    )
    currency = fields.String(example="EUR")
    duration = fields.String(example="season")
    length_days = fields.Integer(allow_none=True)
    visits = fields.Integer(allow_none=True)
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String(), metadata={"description": "Names; empty: everywhere"})
    conditions = Nested(GivenConditionsSchema)
    parts = fields.List(
        Nested(NamesSchema), metadata={"description": "The parts of a bundle; else empty"}
    )
    coming = fields.List(
        Nested(ComingPriceSchema),
        metadata={"description": "What it costs later, the earliest first"},
    )


class PriceListSchema(ListSchema):
    """The price list of a day."""

    day = fields.Date()
    prices = fields.List(Nested(ListPriceSchema))


def prices_json(roles: Iterable[RolePrices]) -> list[dict[str, Any]]:
    """Return a price list in the shape of ListPriceSchema."""
    return [
        {
            "code": line.listed.code,
            "name": line.listed.name,
            "role": one.role,
            "institutions": line.institutions,
            "cents": None if line.sold_from else line.listed.cents,
            "currency": EUR,
            "duration": line.listed.duration,
            "length_days": line.listed.length_days,
            "visits": line.listed.visits,
            "entitlements": line.listed.entitlements,
            "campuses": line.campuses,
            "parts": line.listed.parts,
            "conditions": line.listed.conditions,
            "coming": _coming(line),
        }
        for one in roles
        for line in one.prices
    ]


def _coming(line: PriceLine) -> list[ComingPrice]:
    if line.sold_from is None:
        return list(line.coming)
    return [ComingPrice(line.sold_from, line.listed.cents, line.institutions), *line.coming]
