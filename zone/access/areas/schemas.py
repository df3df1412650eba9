"""JSON of areas."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.web import fields
from zone.web.schemas import ListSchema

_NAME: Final = validate.Length(1, 120)
_PASSBACK: Final = validate.OneOf(("off", "soft", "hard"))
_VERSION: Final = {"description": "As it was read. A change to another version is a 409"}


class NewAreaSchema(Schema):
    campus = fields.String(required=True, validate=_NAME, example="myllypuro")
    name = fields.String(required=True, validate=_NAME, example="Aino Esimerkki")
    kinds = fields.List(
        fields.String(validate=validate.OneOf(ENTITLEMENTS), example="class"),
        required=True,
        validate=validate.Length(min=1),
    )
    spaces = fields.List(fields.UUID(), load_default=list)
    proves_presence = fields.Boolean(load_default=False)
    needs_booking = fields.Boolean(load_default=False)
    sensitive = fields.Boolean(load_default=False)
    always_open = fields.Boolean(load_default=False)
    passback = fields.String(load_default="soft", validate=_PASSBACK)
    passback_seconds = fields.Integer(load_default=60, validate=validate.Range(0, 86400))


class ChangedAreaSchema(Schema):
    version = fields.Integer(
        required=True, validate=validate.Range(1, 2**31 - 2), metadata=_VERSION
    )
    name = fields.String(validate=_NAME, example="Aino Esimerkki")
    kinds = fields.List(
        fields.String(validate=validate.OneOf(ENTITLEMENTS), example="class"),
        validate=validate.Length(min=1, max=20),
    )
    spaces = fields.List(fields.UUID(), validate=validate.Length(max=200))
    proves_presence = fields.Boolean()
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean(
        metadata={"description": "Without the server rights hold 24 hours, not 7 days"}
    )
    always_open = fields.Boolean()
    passback = fields.String(validate=_PASSBACK)
    passback_seconds = fields.Integer(validate=validate.Range(0, 86400))


class AreaViewSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    campus = fields.String(example="myllypuro")
    kinds = fields.List(fields.String(example="class"))
    spaces = fields.List(fields.UUID())
    proves_presence = fields.Boolean()
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    always_open = fields.Boolean()
    passback = fields.String(validate=_PASSBACK)
    passback_seconds = fields.Integer()
    version = fields.Integer()


class AreasSchema(ListSchema):
    areas = fields.List(Nested(AreaViewSchema))
