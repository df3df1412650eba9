"""JSON and the form of the activities that passes are limited to."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.passes.entitlements.rules import MOST_SINGLE
from zone.passes.entitlements.schemas import SingleActivitySchema
from zone.web import fields
from zone.web.schemas import ListSchema

_version = validate.Range(1, 2**31 - 1)


def _activities(**about: Any) -> fields.List:
    return fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=MOST_SINGLE), **about
    )


class PassActivitiesSchema(ListSchema):
    """The activities that the passes of a product are for."""

    version = fields.Integer(metadata={"description": "That of the product"})
    activities = fields.List(
        Nested(SingleActivitySchema),
        metadata={"description": "With the kinds of its entitlements; empty: no single ones"},
    )
    choices = fields.List(
        Nested(SingleActivitySchema),
        metadata={"description": "Those that are still to be held, and those chosen already"},
    )


class PassActivitiesRequest(Schema):
    """The activities that the passes of a product are for from now on."""

    version = fields.Integer(
        strict=True,
        required=True,
        validate=_version,
        metadata={"description": "That of the product, as it was read"},
    )
    activities = _activities(metadata={"description": "Public ids of activities"})


class PassActivitiesForm(Schema):
    """The form of them."""

    code = fields.String(required=True, validate=validate.Length(1, 40), example="yoga-card")
    activities = _activities()
    version = fields.Integer(required=True, validate=_version)
