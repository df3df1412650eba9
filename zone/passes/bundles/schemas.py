"""JSON and the form of the parts of a bundle."""

from itertools import zip_longest
from typing import Any

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.passes.bundles.rules import LEAST_PARTS, MOST_PARTS, MOST_SHARE, NewPart
from zone.web import fields
from zone.web.schemas import ListSchema

_code = validate.Length(1, 40)
_version = validate.Range(1, 2**31 - 1)
_rows = validate.Length(max=MOST_PARTS)


class BundlePartSchema(Schema):
    """A product that a bundle sells, with its share of the price."""

    product = fields.String(required=True, validate=_code, example="gym-month")
    share = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(1, MOST_SHARE),
        metadata={
            "description": "The bundle's price is divided in these proportions, such as the "
            "prices of the parts alone"
        },
        example=1500,
    )
    counts = fields.Boolean(
        load_default=True,
        metadata={
            "description": "Whether its pass counts as taken into use; of each kind at most one"
        },
    )


class BundlePartsSchema(ListSchema):
    """What a bundle is made of."""

    version = fields.Integer(metadata={"description": "That of the product"})
    parts = fields.List(Nested(BundlePartSchema))


class NewBundlePartsSchema(Schema):
    """All parts of a bundle, in their order."""

    parts = fields.List(
        Nested(BundlePartSchema),
        required=True,
        validate=validate.Length(LEAST_PARTS, MOST_PARTS),
        metadata={
            "example": [
                {"product": "gym-month", "share": 1500, "counts": True},
                {"product": "classes-month", "share": 2500, "counts": False},
            ]
        },
    )
    version = fields.Integer(
        strict=True,
        required=True,
        validate=_version,
        metadata={"description": "That of the product, as it was read"},
    )

    @post_load
    def _make_parts(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"parts": [NewPart(**part) for part in data["parts"]]}


class BundlePartsFormSchema(Schema):
    """The form of the parts: a row for each, of which some are empty. It loads `parts`.

    `counts` are the numbers of the rows whose passes count.
    """

    code = fields.String(required=True, validate=_code, example="gym-and-classes")
    part = fields.List(fields.String(), load_default=list, validate=_rows)
    share = fields.List(fields.String(), load_default=list, validate=_rows)
    counts = fields.List(fields.Integer(), load_default=list, validate=_rows)
    version = fields.Integer(required=True, validate=_version)

    @post_load
    def _read_rows(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        rows = list(zip_longest(data.pop("part"), data.pop("share"), fillvalue=""))
        counts = data.pop("counts")
        if any(bool(product) != _is_share(share) for product, share in rows):
            raise ValidationError("Give each part a share from 1 on.", "share")
        parts = [
            NewPart(product, int(share), number in counts)
            for number, (product, share) in enumerate(rows, 1)
            if product
        ]
        if len(parts) < LEAST_PARTS:
            raise ValidationError("Choose at least two parts.", "part")
        return data | {"parts": parts}


def _is_share(typed: str) -> bool:
    text = typed.strip()
    return text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= MOST_SHARE
