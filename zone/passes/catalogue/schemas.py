"""JSON of products and prices as managers see and change them. Cents include VAT."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema

from zone.core.time import EARLIEST, LATEST
from zone.core.versions import version_of
from zone.passes.catalogue import queries
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.rules import ENTITLEMENTS, FEE, KINDS, VAT_CATEGORIES
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema

ROLES: Final = ("student", "staff")
DEAREST: Final = 1_000_000
"""Ten thousand euros: more is a slip of the finger."""

_day = validate.Range(EARLIEST.date(), LATEST.date())


def well_formed(code: str) -> bool:
    """Whether a product may have that code."""
    return re.fullmatch(r"[a-z0-9-]{1,40}", code) is not None


def _each_once(values: list[str]) -> None:
    if len(values) != len(set(values)):
        raise ValidationError("Each only once.")


class ProductSchema(Schema):
    """A product, whole. A fee gives no pass and entitles to nothing; whatever else is sold entitles to something."""

    name = fields.Nested(NamesSchema, required=True)
    kind = fields.String(
        required=True, validate=validate.OneOf((*KINDS, FEE)), metadata={"example": "sports_pass"}
    )
    entitlements = fields.List(
        fields.String(validate=validate.OneOf(ENTITLEMENTS)),
        required=True,
        validate=_each_once,
        metadata={"description": "To what it entitles"},
    )
    campuses = fields.List(
        fields.String(validate=validate.Length(1, 40)),
        load_default=list,
        validate=validate.And(validate.Length(max=20), _each_once),
        metadata={"description": "Empty: every campus"},
    )
    length_days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "Null: to the end of the season in which it starts"},
    )
    vat_category = fields.String(load_default="exercise", validate=validate.OneOf(VAT_CATEGORIES))
    version = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 64),
        metadata={"description": "As it was read; null or left out for a new product"},
    )

    @validates_schema
    def _entitles(self, data: Mapping[str, Any], **_rest: Any) -> None:
        if (data["kind"] == FEE) == bool(data["entitlements"]):
            raise ValidationError(
                "A fee entitles to nothing, anything else to something.", "entitlements"
            )


class NewPriceSchema(Schema):
    """A price from a day on."""

    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    group = fields.String(
        data_key="price_group",
        load_default="",
        validate=validate.Regexp(r"[a-z0-9-]{0,40}\Z"),
        metadata={
            "description": "Empty: every institution; a group's own price goes before it",
            "example": "",
        },
    )
    valid_from = fields.Date(
        required=True, validate=_day, metadata={"description": "Today or later, in Helsinki"}
    )
    cents = fields.Integer(
        strict=True,
        required=True,
        allow_none=True,
        validate=validate.Range(0, DEAREST),
        metadata={"description": "VAT included; null: not sold from that day"},
        example=4500,
    )


class DatedPriceSchema(Schema):
    role = fields.String(example="student")
    price_group = fields.String(metadata={"description": "Empty: every institution", "example": ""})
    valid_from = fields.Date(
        metadata={"description": "Until the next one of the same role and group begins"}
    )
    cents = fields.Integer(
        allow_none=True,
        metadata={"description": "VAT included; null: not sold from that day"},
        example=4500,
    )
    currency = fields.String(example="EUR")


class CatalogueProductSchema(Schema):
    """A product with all its prices: by role and price group, the oldest first."""

    code = fields.String(metadata={"example": "sports-term"})
    version = fields.String()
    name = fields.Nested(NamesSchema)
    kind = fields.String(metadata={"example": "sports_pass"})
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String(), metadata={"description": "Empty: every campus"})
    length_days = fields.Integer(
        allow_none=True, metadata={"description": "Null: to the end of the season"}
    )
    vat_category = fields.String(metadata={"example": "exercise"})
    prices = fields.List(fields.Nested(DatedPriceSchema))


class CatalogueSchema(ListSchema):
    """Every product by code."""

    products = fields.List(fields.Nested(CatalogueProductSchema))


def product_json(product: Product, prices: Sequence[Price]) -> dict[str, Any]:
    """A product as CatalogueProductSchema writes it."""
    facts = queries.editable_values(product)
    return {"code": product.code, "version": version_of(facts), **facts, "prices": prices}
