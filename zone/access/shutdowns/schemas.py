"""JSON and forms of shutdowns."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.shutdowns.rules import EVERY, KINDS, LONGEST_REASON
from zone.web import fields
from zone.web.schemas import ListSchema

_KIND: Final = {"description": "lockdown goes before blocked where both hold"}


class ShutForm(Schema):
    """What is shut and why."""

    place = fields.String(
        required=True,
        metadata={"description": "A door's id, a campus's code, or all", "example": EVERY},
    )
    reason = fields.String(
        required=True,
        validate=fields.reason_of(LONGEST_REASON),
        metadata={"example": "Danger in the building"},
    )


class NewShutdownSchema(ShutForm):
    """What is shut, how and why."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata=_KIND)


class ShutdownSchema(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(KINDS), metadata=_KIND)
    campus = fields.String(allow_none=True, example="myllypuro")
    campus_name = fields.String(allow_none=True)
    door = fields.UUID(allow_none=True)
    door_name = fields.String(allow_none=True)
    area_name = fields.String(allow_none=True)
    reason = fields.String(example="Danger in the building")
    by = fields.String(
        allow_none=True, metadata={"description": "Who shut them"}, example="Aino Esimerkki"
    )
    shut_at = fields.AwareDateTime()
    lifted_at = fields.AwareDateTime(allow_none=True)


class ShutdownsSchema(ListSchema):
    shutdowns = fields.List(Nested(ShutdownSchema))
