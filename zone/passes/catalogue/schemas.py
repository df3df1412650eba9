"""JSON of products and prices as managers see and change them. Cents include VAT."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.text import CODE
from zone.core.time import EARLIEST, LATEST
from zone.passes.catalogue import queries
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.rules import (
    BUNDLE,
    DAYS,
    DURATIONS,
    ENTITLEMENTS,
    FEE,
    FROM_ACTIVATION,
    KINDS,
    VAT_CATEGORIES,
    duration_of,
)
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema

ROLES: Final = ("student", "staff")
MOST_CENTS: Final = 1_000_000
"""10,000 euros; more is a typing error."""

_day = validate.Range(EARLIEST.date(), LATEST.date())
_euros = re.compile(r"[0-9]{1,5}(?:[.,][0-9]{1,2})?")


def _each_once(values: list[str]) -> None:
    if len(values) != len(set(values)):
        raise ValidationError("Choose each only once.")


class ProductSchema(Schema):
    """A product, whole. A fee gives no pass and entitles to nothing, a bundle only by its parts;
    whatever else is sold entitles to something.
    """

    name = Nested(NamesSchema, required=True)
    kind = fields.String(
        required=True,
        validate=validate.OneOf((*KINDS, FEE, BUNDLE)),
        metadata={"example": "sports_pass"},
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
    duration = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(DURATIONS),
        metadata={
            "description": "How long it lasts; left out: `days` with a length, else `season`",
            "example": "days",
        },
    )
    length_days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={
            "description": "With `days` and `from_activation`; null: to the end of its terms"
        },
    )
    activation_days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={
            "description": "With `from_activation`: on how many days, from the first one, it may "
            "be activated"
        },
    )
    visits = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "How many visits it gives; null: as many as one likes"},
    )
    vat_category = fields.String(load_default="exercise", validate=validate.OneOf(VAT_CATEGORIES))
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read; null or left out for a new product"},
    )

    @validates_schema
    def _entitles(self, data: Mapping[str, Any], **_rest: Any) -> None:
        if (data["kind"] in (FEE, BUNDLE)) == bool(data["entitlements"]):
            raise ValidationError(
                "A fee and a bundle give no right by themselves; anything else gives at least one.",
                "entitlements",
            )

    @validates_schema
    def _lasts(self, data: Mapping[str, Any], **_rest: Any) -> None:
        duration = data["duration"] or duration_of(data["length_days"])
        if (duration in (DAYS, FROM_ACTIVATION)) != (data["length_days"] is not None):
            raise ValidationError(
                "Give a length where it lasts days, and only there.", "length_days"
            )
        if (duration == FROM_ACTIVATION) != (data["activation_days"] is not None):
            raise ValidationError(
                "Say by when it has to be activated where it lasts from then, and only there.",
                "activation_days",
            )

    @post_load
    def _set_duration(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"duration": data["duration"] or duration_of(data["length_days"])}


class ProductFormSchema(ProductSchema):
    """The form of a product: its code, and what the JSON has."""

    code = fields.String(
        required=True, validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="term-pass"
    )


class DatedRoleSchema(Schema):
    """For whom a price is, and from which day on."""

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


class NewPriceSchema(DatedRoleSchema):
    """A price from a day on."""

    cents = fields.Integer(
        strict=True,
        required=True,
        allow_none=True,
        validate=validate.Range(0, MOST_CENTS),
        metadata={"description": "VAT included; null: not sold from that day"},
        example=4500,
    )


class PriceFormSchema(DatedRoleSchema):
    """The form of a price: typed in euros, or `stop` for not sold any more. It loads `cents`."""

    product = fields.String(required=True, example="term-pass")
    euros = fields.String(load_default="")
    stop = fields.Boolean(load_default=False)

    @post_load
    def _read_cents(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        euros, stop = data.pop("euros"), data.pop("stop")
        if stop and not euros:
            return data | {"cents": None}
        if stop or not _euros.fullmatch(euros):
            raise ValidationError("Give a price, for example 45,00.", "euros")
        # Decimal, because 19.90 is no binary fraction: float would give 1989 cents.
        cents = int(Decimal(euros.replace(",", ".")) * 100)
        if cents > MOST_CENTS:
            raise ValidationError("This price is too high.", "euros")
        return data | {"cents": cents}


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
    """A product with all its prices: by role and customer group, the oldest first."""

    code = fields.String(metadata={"example": "sports-term"})
    version = fields.Integer()
    name = Nested(NamesSchema)
    kind = fields.String(metadata={"example": "sports_pass"})
    entitlements = fields.List(fields.String())
    campuses = fields.List(fields.String(), metadata={"description": "Empty: every campus"})
    duration = fields.String(metadata={"example": "days"})
    length_days = fields.Integer(
        allow_none=True, metadata={"description": "Null: to the end of its terms"}
    )
    activation_days = fields.Integer(
        allow_none=True,
        metadata={"description": "On how many days it may be activated; null: it lasts anyway"},
    )
    visits = fields.Integer(
        allow_none=True, metadata={"description": "How many visits; null: as many as one likes"}
    )
    vat_category = fields.String(metadata={"example": "exercise"})
    prices = fields.List(Nested(DatedPriceSchema))


class CatalogueSchema(ListSchema):
    """Every product by code."""

    products = fields.List(Nested(CatalogueProductSchema))


def product_json(product: Product, prices: Sequence[Price]) -> dict[str, Any]:
    """Return a product in the shape of CatalogueProductSchema."""
    values = queries.editable_values(product)
    return {"code": product.code, "version": product.version, **values, "prices": prices}
