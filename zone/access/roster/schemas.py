"""JSON of the change feed, for the documentation; `firmware_bridge.wire` writes and parses it."""

from typing import Final

from marshmallow import EXCLUDE, Schema, validate
from marshmallow.fields import Nested

from firmware_bridge.wire.messages.commands import KINDS as ORDERS
from firmware_bridge.wire.messages.roster import DOOR_STATES
from zone.web import fields
from zone.web.schemas import hex_field

_HOLDER: Final = validate.Range(1, 2**32 - 1)


class KeySchema(Schema):
    kid = fields.String(example="6b1f0c9de2a47358")
    point = fields.String(example="02" + "5f" * 32)
    revoked = fields.Boolean()


class RightSchema(Schema):
    kind = fields.String(example="class")
    campuses = fields.List(fields.String())
    nbf = fields.Integer()
    exp = fields.Integer()


class SlotSchema(Schema):
    area = fields.String()
    nbf = fields.Integer()
    exp = fields.Integer()


class HolderSchema(Schema):
    holder = fields.Integer(example=3405691582)
    keys = fields.List(Nested(KeySchema))
    rights = fields.List(Nested(RightSchema))
    slots = fields.List(Nested(SlotSchema))
    suspended = fields.Boolean()


class AreaSchema(Schema):
    area = fields.String()
    campus = fields.String(example="myllypuro")
    kinds = fields.List(fields.String(example="class"))
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    windows = fields.List(fields.List(fields.Integer()), allow_none=True)
    passback = fields.String()
    passback_seconds = fields.Integer()


class DoorSchema(Schema):
    door = fields.String()
    name = fields.String(example="Aino Esimerkki")
    area = Nested(AreaSchema)
    state = fields.String(validate=validate.OneOf(DOOR_STATES))
    strike_ms = fields.Integer()


class SiteSchema(Schema):
    doors = fields.List(Nested(DoorSchema))
    issuers = fields.Dict(keys=fields.String(), values=fields.String())


class ChangesQuerySchema(Schema):
    # A newer bridge may tell more than this version knows, and must get its answer all the same.
    class Meta:
        unknown = EXCLUDE

    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    epoch = fields.String(load_default="", validate=validate.Length(max=200))
    site_digest = fields.String(load_default="", validate=validate.Length(max=200))
    waiting = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**31 - 1),
        metadata={
            "description": "Entries still to be uploaded; "
            "while there are any, nobody is marked absent"
        },
    )
    clock = fields.String(
        load_default=None,
        validate=validate.OneOf(("synced", "holdover", "unset")),
        metadata={"description": "How far the clock of the box can be trusted"},
    )
    software = fields.String(
        load_default=None, validate=validate.Regexp(r"\A[0-9A-Za-z.+-]{1,40}\Z")
    )
    alarms = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A[a-z_0-9:,-]{0,20000}\Z"),
        metadata={
            "description": "What is wrong with the box now: "
            "`kind` or `kind:door`, separated by commas"
        },
    )


class OrderSchema(Schema):
    order = fields.UUID()
    door = fields.UUID()
    kind = fields.String(validate=validate.OneOf(ORDERS))
    expires = fields.Integer(metadata={"description": "UTC seconds"})


class ChangesSchema(Schema):
    epoch = fields.String()
    version = fields.Integer()
    snapshot = fields.Boolean()
    more = fields.Boolean()
    rows = fields.List(Nested(HolderSchema))
    site = Nested(SiteSchema, allow_none=True)
    site_digest = fields.String()
    orders = fields.List(Nested(OrderSchema))


class AskSchema(Schema):
    kid = hex_field(8, "Whose key", optional=True)
    holder = fields.Integer(allow_none=True, validate=_HOLDER, example=3405691582)
    door = fields.UUID(required=True)


class AskedSchema(Schema):
    rows = fields.List(Nested(HolderSchema))
