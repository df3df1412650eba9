"""JSON of areas."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from firmware_bridge.wire.messages.site import MOST_MINUTES, MOST_PEOPLE
from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.web import fields
from zone.web.schemas import ListSchema

_NAME: Final = validate.Length(1, 120)
_PASSBACK: Final = validate.OneOf(("off", "soft", "timed", "hard"))
_MODES: Final = {
    "description": "Who comes in again within passback_seconds: soft marks it, timed refuses, "
    "hard refuses until they have left by a reader on the way out"
}
_LIMIT: Final = {"description": "So many people may be inside; null: no limit"}
_STAY: Final = {"description": "A person counts as inside for so long, unless seen to leave"}
_VERSION: Final = {"description": "As it was read. A change to another version is a 409"}


class _AreaFields(Schema):
    """What is asked alike of a new area and on the page of one."""

    name = fields.String(required=True, validate=_NAME, example="Gym")
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
    occupancy_limit = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_PEOPLE),
        metadata=_LIMIT,
    )


class NewAreaSchema(_AreaFields):
    campus = fields.String(required=True, validate=_NAME, example="myllypuro")
    passback = fields.String(load_default="soft", validate=_PASSBACK, metadata=_MODES)
    passback_seconds = fields.Integer(load_default=60, validate=validate.Range(0, 86400))
    stay_minutes = fields.Integer(
        load_default=90, validate=validate.Range(1, MOST_MINUTES), metadata=_STAY
    )


class _AreaForm(_AreaFields):
    """All that is set of an area; a number that was taken out is refused, not the usual one."""

    passback = fields.String(required=True, validate=_PASSBACK)
    passback_seconds = fields.Integer(required=True, validate=validate.Range(0, 86400))
    stay_minutes = fields.Integer(required=True, validate=validate.Range(1, MOST_MINUTES))


class NewAreaForm(_AreaForm):
    campus = fields.String(required=True, validate=_NAME)


class AreaForm(_AreaForm):
    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))


class ChangedAreaSchema(Schema):
    version = fields.Integer(
        required=True, validate=validate.Range(1, 2**31 - 2), metadata=_VERSION
    )
    name = fields.String(validate=_NAME, example="Gym")
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
    passback = fields.String(validate=_PASSBACK, metadata=_MODES)
    passback_seconds = fields.Integer(validate=validate.Range(0, 86400))
    occupancy_limit = fields.Integer(
        allow_none=True, validate=validate.Range(1, MOST_PEOPLE), metadata=_LIMIT
    )
    stay_minutes = fields.Integer(validate=validate.Range(1, MOST_MINUTES), metadata=_STAY)


class AreaViewSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Gym")
    campus = fields.String(example="myllypuro")
    kinds = fields.List(fields.String(example="class"))
    spaces = fields.List(fields.UUID())
    proves_presence = fields.Boolean()
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    always_open = fields.Boolean()
    passback = fields.String(validate=_PASSBACK)
    passback_seconds = fields.Integer()
    occupancy_limit = fields.Integer(allow_none=True)
    stay_minutes = fields.Integer()
    version = fields.Integer()


class AreasSchema(ListSchema):
    areas = fields.List(Nested(AreaViewSchema))
