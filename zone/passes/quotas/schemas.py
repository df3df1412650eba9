"""JSON and the form of quotas."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.text import CODE
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_MINUTES: Final = 10080
"""A week: after that nobody pays any more."""


class QuotaChangeSchema(Schema):
    """A quota, whole."""

    name = fields.String(required=True, validate=validate.Length(1, 120), example="First visits")
    places = fields.Integer(required=True, validate=validate.Range(0, 1_000_000), example=50)
    hold_minutes = fields.Integer(
        required=True,
        example=30,
        validate=validate.Range(1, MOST_MINUTES),
        metadata={"description": "How long an order that is not paid holds its place"},
    )
    products = fields.List(
        fields.String(validate=validate.Length(1, 40)),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"description": "Codes of the products whose orders take a place"},
    )
    version = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read; null or left out for a new quota"},
    )


class QuotaFormSchema(QuotaChangeSchema):
    """The form of a quota: its code, and what the JSON has."""

    code = fields.String(
        required=True, validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="freshers-2027"
    )


class QuotaSchema(Schema):
    """A quota, and how many of its places are taken."""

    code = fields.String(example="first-visits")
    name = fields.String()
    places = fields.Integer(example=50)
    taken = fields.Integer(example=12)
    hold_minutes = fields.Integer(example=30)
    products = fields.List(fields.String())
    version = fields.Integer()


class QuotasSchema(ListSchema):
    """Every quota by code."""

    quotas = fields.List(Nested(QuotaSchema))
