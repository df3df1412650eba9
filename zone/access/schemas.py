"""The JSON of access. What bridges send is parsed by the wire, row by row; the schemas for it only document."""

from typing import Final

from marshmallow import Schema, fields, validate

from firmware_bridge.wire.entries import KINDS, MOST_ROWS
from firmware_bridge.wire.orders import KINDS as ORDERS
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.roster import DOOR_STATES
from zone.core.time import EARLIEST, LATEST
from zone.http.schemas import NamesSchema
from zone.passes.models import ENTITLEMENTS

_NAME: Final = validate.Length(1, 120)


class NewDeviceSchema(Schema):
    public_key = fields.String(
        required=True,
        validate=validate.Regexp(r"\A04[0-9a-fA-F]{128}\Z"),
        metadata={"description": "The uncompressed P-256 point, 65 bytes in hexadecimal"},
    )
    label = fields.String(load_default="", validate=validate.Length(max=200))


class DeviceSchema(Schema):
    kid = fields.String()
    certificate = fields.String(metadata={"description": "111 bytes in hexadecimal"})
    server_time = fields.Float(metadata={"description": "UTC seconds"})
    show_long_until = fields.Float(metadata={"description": "UTC seconds; until then show the code with certificate"})


class ListedDeviceSchema(Schema):
    kid = fields.String()
    label = fields.String()
    current = fields.Boolean(metadata={"description": "Whether this is the key of the query"})


class CampusSchema(Schema):
    code = fields.String()
    name = fields.String()


class NextBookingSchema(Schema):
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    name = fields.Nested(NamesSchema)
    campus = fields.String(allow_none=True)
    space = fields.String(allow_none=True)


class OwnPassQuerySchema(Schema):
    kid = fields.String(load_default="", validate=validate.Length(max=16))


class OwnPassSchema(Schema):
    name = fields.String()
    initials = fields.String()
    state = fields.String(validate=validate.OneOf(("valid", "not_yet", "expired", "suspended", "no_pass")))
    product = fields.Nested(NamesSchema, allow_none=True)
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_until = fields.AwareDateTime(allow_none=True)
    campuses = fields.List(fields.Nested(CampusSchema), metadata={"description": "Empty: every campus"})
    next_booking = fields.Nested(NextBookingSchema, allow_none=True)
    devices = fields.List(fields.Nested(ListedDeviceSchema))
    server_time = fields.Float()


class NewAreaSchema(Schema):
    campus = fields.String(required=True, validate=_NAME)
    name = fields.String(required=True, validate=_NAME)
    kinds = fields.List(
        fields.String(validate=validate.OneOf(ENTITLEMENTS)), required=True, validate=validate.Length(min=1)
    )
    spaces = fields.List(fields.UUID(), load_default=list)
    proves_presence = fields.Boolean(load_default=False)
    needs_booking = fields.Boolean(load_default=False)
    sensitive = fields.Boolean(load_default=False)
    always_open = fields.Boolean(load_default=False)
    passback = fields.String(load_default="soft", validate=validate.OneOf(("off", "soft", "hard")))
    passback_seconds = fields.Integer(load_default=60, validate=validate.Range(0, 86400))


class NewDoorSchema(Schema):
    area = fields.UUID(required=True)
    bridge = fields.UUID(load_default=None, allow_none=True)
    name = fields.String(required=True, validate=_NAME)
    strike_ms = fields.Integer(load_default=5000, validate=validate.Range(100, 60_000))


class MadeSchema(Schema):
    id = fields.UUID()


class NewBridgeSchema(Schema):
    campus = fields.String(required=True, validate=_NAME)
    name = fields.String(required=True, validate=_NAME)


class BridgeTokenSchema(Schema):
    id = fields.UUID()
    token = fields.String(metadata={"description": "One-time, 15 minutes: `zone-bridge enrol --token …`"})
    expires_at = fields.AwareDateTime()


class NewSuspensionSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    ends_at = fields.AwareDateTime(load_default=None, allow_none=True, validate=validate.Range(EARLIEST, LATEST))


class AttendeeSchema(Schema):
    member = fields.UUID()
    name = fields.String()
    status = fields.String(validate=validate.OneOf(("booked", "present", "drop_in", "no_show")))
    at = fields.AwareDateTime(allow_none=True)


class AttendanceSchema(Schema):
    session = fields.UUID()
    starts_at = fields.AwareDateTime()
    booked = fields.Integer()
    present = fields.Integer(metadata={"description": "Booked, and seen by a door"})
    drop_in = fields.Integer()
    people = fields.List(fields.Nested(AttendeeSchema))


# What bridges send and get, for the documentation; `firmware_bridge.wire` parses it.


_TEXT: Final = validate.Length(1, 200)
_HOLDER: Final = validate.Range(1, 2**32 - 1)


def _hex(size: int, what: str, *, optional: bool = False) -> fields.String:
    """`size` bytes in hexadecimal."""
    return fields.String(
        required=not optional,
        allow_none=optional,
        validate=validate.Regexp(rf"^[0-9a-fA-F]{{{2 * size}}}$"),
        metadata={"description": f"{what}, {size} bytes in hexadecimal", "example": "5f" * size},
    )


class EnrolSchema(Schema):
    token = fields.String(required=True, validate=_TEXT)
    public_key = _hex(32, "Ed25519")


class EnrolledSchema(Schema):
    bridge = fields.UUID()


class ChallengeForSchema(Schema):
    bridge = fields.UUID(required=True)


class ChallengeSchema(Schema):
    challenge = fields.String()


class SignOnSchema(Schema):
    bridge = fields.UUID(required=True)
    challenge = fields.String(required=True, validate=_TEXT)
    signature = _hex(64, "Ed25519")


class SignedOnSchema(Schema):
    access_token = fields.String()
    expires_in = fields.Integer(metadata={"description": "Seconds"})
    server_time = fields.Float(metadata={"description": "UTC seconds"})


class RotateSchema(Schema):
    public_key = _hex(32, "The new one: Ed25519")
    signature = _hex(64, "By the new key")


class EntrySchema(Schema):
    """One row of a bridge's journal. A row that is not like this is set aside (`quarantined`) and holds up no other."""

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
    holder = fields.Integer(required=True, allow_none=True, validate=_HOLDER)
    kid = _hex(8, "The key that the phone showed", optional=True)
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
    entries = fields.List(fields.Nested(EntrySchema), required=True, validate=validate.Length(1, MOST_ROWS))
    after = _hex(32, "The hash chain before the first row")
    head = _hex(32, "The hash chain after the last row")


class ReceiptSchema(Schema):
    stored = fields.List(fields.Integer())
    duplicates = fields.List(fields.Integer())
    quarantined = fields.List(fields.Integer())


class KeySchema(Schema):
    kid = fields.String()
    point = fields.String()
    revoked = fields.Boolean()


class RightSchema(Schema):
    kind = fields.String()
    campuses = fields.List(fields.String())
    nbf = fields.Integer()
    exp = fields.Integer()


class SlotSchema(Schema):
    area = fields.String()
    nbf = fields.Integer()
    exp = fields.Integer()


class HolderSchema(Schema):
    holder = fields.Integer()
    keys = fields.List(fields.Nested(KeySchema))
    rights = fields.List(fields.Nested(RightSchema))
    slots = fields.List(fields.Nested(SlotSchema))
    suspended = fields.Boolean()


class AreaSchema(Schema):
    area = fields.String()
    campus = fields.String()
    kinds = fields.List(fields.String())
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    windows = fields.List(fields.List(fields.Integer()), allow_none=True)
    passback = fields.String()
    passback_seconds = fields.Integer()


class DoorSchema(Schema):
    door = fields.String()
    name = fields.String()
    area = fields.Nested(AreaSchema)
    state = fields.String(validate=validate.OneOf(DOOR_STATES))
    strike_ms = fields.Integer()


class SiteSchema(Schema):
    doors = fields.List(fields.Nested(DoorSchema))
    issuers = fields.Dict(keys=fields.String(), values=fields.String())


class ChangesQuerySchema(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    epoch = fields.String(load_default="", validate=validate.Length(max=200))
    site_digest = fields.String(load_default="", validate=validate.Length(max=200))
    waiting = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**31 - 1),
        metadata={"description": "Entries still to be uploaded; while there are any, nobody is marked absent"},
    )
    clock = fields.String(
        load_default=None,
        validate=validate.OneOf(("synced", "holdover", "unset")),
        metadata={"description": "How far the clock of the box can be trusted"},
    )
    software = fields.String(load_default=None, validate=validate.Regexp(r"\A[0-9A-Za-z.+-]{1,40}\Z"))
    alarms = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A[a-z_0-9:,-]{0,20000}\Z"),
        metadata={"description": "What is wrong with the box now: `kind` or `kind:door`, separated by commas"},
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
    rows = fields.List(fields.Nested(HolderSchema))
    site = fields.Nested(SiteSchema, allow_none=True)
    site_digest = fields.String()
    orders = fields.List(fields.Nested(OrderSchema))


class AskSchema(Schema):
    kid = _hex(8, "Whose key", optional=True)
    holder = fields.Integer(allow_none=True, validate=_HOLDER)
    door = fields.UUID(required=True)


class AskedSchema(Schema):
    rows = fields.List(fields.Nested(HolderSchema))
