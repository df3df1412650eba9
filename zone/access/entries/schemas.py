"""JSON of uploads, for the documentation; `firmware_bridge.wire` parses it row by row."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from firmware_bridge.wire.messages.entries import KINDS, MAX_ROWS
from firmware_bridge.wire.reasons import Reason
from zone.web import fields
from zone.web.schemas import hex_field

_HOLDER: Final = validate.Range(1, 2**32 - 1)


class EntrySchema(Schema):
    """One row of a bridge's journal. A row that is not like this is set aside (`quarantined`) and
    holds up no other; another word or name, of a newer bridge, is stored with an alarm.
    """

    seq = fields.Integer(required=True, validate=validate.Range(1, 2**62))
    uuid = fields.UUID(required=True)
    door = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    occurred_at = fields.Integer(
        required=True,
        validate=validate.Range(0, 2**43),
        metadata={"description": "UTC milliseconds", "example": 1790087400000},
    )
    granted = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True, validate=validate.OneOf(tuple(Reason)))
    holder = fields.Integer(required=True, allow_none=True, validate=_HOLDER, example=3405691582)
    kid = hex_field(8, "The key that the phone showed", optional=True)
    ts = fields.Integer(
        required=True,
        allow_none=True,
        validate=validate.Range(0, 2**32 - 1),
        metadata={"description": "UTC seconds, from the code", "example": 1790087395},
    )
    leaving = fields.Boolean(required=True)
    duress = fields.Boolean(required=True)
    passback = fields.Boolean(required=True)
    clock = fields.String(required=True, validate=validate.OneOf(("synced", "holdover", "unset")))
    ref = fields.UUID(required=True, allow_none=True)


class UploadSchema(Schema):
    entries = fields.List(Nested(EntrySchema), required=True, validate=validate.Length(1, MAX_ROWS))
    after = hex_field(32, "The hash chain before the first row")
    head = hex_field(32, "The hash chain after the last row")


class ReceiptSchema(Schema):
    stored = fields.List(fields.Integer())
    duplicates = fields.List(fields.Integer())
    quarantined = fields.List(fields.Integer())


class ChainQuerySchema(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**53))


class ChainLinkSchema(Schema):
    seq = fields.Integer()
    uuid = fields.UUID()
    head = fields.String(
        allow_none=True, metadata={"description": "The hash chain after this entry, if it is known"}
    )


class ChainSchema(Schema):
    rows = fields.List(Nested(ChainLinkSchema))
