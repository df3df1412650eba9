"""JSON of the change feed, for the documentation; `firmware_bridge.wire` writes and parses it."""

import re
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, missing, validate
from marshmallow.fields import Nested

from firmware_bridge.wire.messages.commands import KINDS as ORDERS
from firmware_bridge.wire.messages.site import DIRECTIONS, DOOR_STATES
from zone.web import fields
from zone.web.schemas import hex_field

_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_USUAL: Final = {"description": "Both are left out where they are 20 and 30 seconds"}
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
    more_time = fields.Boolean(
        metadata={"description": "Doors stay open for 15 seconds for them; left out where not"}
    )
    pauses = fields.List(
        Nested(RightSchema),
        metadata={"description": "Rights that a pause takes from them; left out where none"},
    )
    hours = fields.List(
        Nested(RightSchema),
        metadata={
            "description": "Rights that they have at some hours only, with all of their time; left "
            "out where none"
        },
    )
    sessions = fields.List(
        Nested(RightSchema),
        metadata={
            "description": "Rights that they have for what they have booked, with all of their "
            "time; left out where none"
        },
    )


class AreaSchema(Schema):
    area = fields.String()
    campus = fields.String(example="myllypuro")
    kinds = fields.List(fields.String(example="class"))
    needs_booking = fields.Boolean()
    sensitive = fields.Boolean()
    windows = fields.List(fields.List(fields.Integer()), allow_none=True)
    passback = fields.String()
    passback_seconds = fields.Integer()
    occupancy_limit = fields.Integer(
        metadata={"description": "So many people may be inside; left out where there is no limit"}
    )
    stay_minutes = fields.Integer(
        metadata={"description": "How long a person counts as inside; left out with the limit"}
    )


class ReleaseTimeSchema(Schema):
    start = fields.Integer(example=1800000000)
    end = fields.Integer(example=1800003600)
    first_person = fields.Boolean(
        metadata={"description": "Only once somebody has come in by a code within it"}
    )


class DoorSchema(Schema):
    door = fields.String()
    name = fields.String(example="Gym door")
    area = Nested(AreaSchema)
    state = fields.String(validate=validate.OneOf(DOOR_STATES))
    strike_ms = fields.Integer()
    releases = fields.List(
        Nested(ReleaseTimeSchema),
        metadata={"description": "When it is open to everybody; left out where never"},
    )
    direction = fields.String(
        validate=validate.OneOf(DIRECTIONS),
        metadata={"description": "out: its reader is on the way out; left out where not"},
    )
    held_warning_seconds = fields.Integer(metadata=_USUAL)
    held_alarm_seconds = fields.Integer(metadata=_USUAL)


class SiteSchema(Schema):
    doors = fields.List(Nested(DoorSchema))
    issuers = fields.Dict(keys=fields.String(), values=fields.String())


class _SafeNumber(fields.String):
    """A number up to `most`, or `safe` in the place of anything else."""

    def __init__(self, *, safe: int, most: int, **options: Any) -> None:
        super().__init__(**options)
        self._safe, self._most = safe, most

    def deserialize(self, value: Any, *others: Any, **named: Any) -> Any:
        if value is missing:
            return super().deserialize(value, *others, **named)
        number = int(value) if _NUMBER.fullmatch(value) else -1
        return number if 0 <= number <= self._most else self._safe


class _SafeText(fields.String):
    """A text of up to 200 characters, or none in the place of a longer one."""

    def deserialize(self, value: Any, *others: Any, **named: Any) -> Any:
        read = super().deserialize(value, *others, **named)
        return read if len(read) <= 200 else ""


class ChangesQuerySchema(Schema):
    """What a bridge asks, and says of itself. Neither a newer word nor a newer name is refused: a
    bridge that gets no answer opens no door after a week. A position that cannot be read is that of
    a bridge without a roster, and what waits is taken to be something.
    """

    class Meta:
        unknown = EXCLUDE

    after = _SafeNumber(safe=0, most=2**62, load_default=0)
    epoch = _SafeText(load_default="")
    site_digest = _SafeText(load_default="")
    waiting = _SafeNumber(
        safe=1,
        most=2**31 - 1,
        load_default=0,
        metadata={
            "description": "Entries still to be uploaded; "
            "while there are any, nobody is marked absent"
        },
    )
    grants_after = _SafeNumber(
        safe=0,
        most=2**62,
        load_default=None,
        metadata={
            "description": "`grants_seen` of the last answer, 0 at first: with it the answer "
            "has who came in by other bridges of the same areas"
        },
    )
    clock = fields.String(
        load_default=None,
        metadata={"description": "How far its clock can be trusted: synced, holdover or unset"},
        example="synced",
    )
    software = fields.String(load_default=None, example="0.1.0")
    alarms = fields.String(
        load_default="",
        metadata={
            "description": "What is wrong with the box now: "
            "`kind` or `kind:door`, separated by commas"
        },
        example="disk_full",
    )


class OrderSchema(Schema):
    order = fields.UUID()
    door = fields.UUID()
    kind = fields.String(validate=validate.OneOf(ORDERS))
    expires = fields.Integer(metadata={"description": "UTC seconds"})


class GrantSchema(Schema):
    holder = fields.Integer(example=3405691582)
    area = fields.String()
    kid = fields.String()
    ts = fields.Integer(metadata={"description": "The time of the code, UTC seconds"})
    at = fields.Integer(metadata={"description": "UTC seconds"})
    leaving = fields.Boolean(
        metadata={"description": "They were on the way out; left out where not"}
    )


class StoredEndSchema(Schema):
    """The last entry that the server has of the bridge."""

    seq = fields.Integer(example=4711)
    head = fields.String(
        allow_none=True, metadata={"description": "The hash chain after it, if it is known"}
    )


class ChangesSchema(Schema):
    epoch = fields.String()
    version = fields.Integer()
    snapshot = fields.Boolean()
    more = fields.Boolean()
    rows = fields.List(Nested(HolderSchema))
    site = Nested(SiteSchema, allow_none=True)
    site_digest = fields.String()
    orders = fields.List(Nested(OrderSchema))
    grants = fields.List(
        Nested(GrantSchema), metadata={"description": "Only where grants_after was named"}
    )
    stored = Nested(
        StoredEndSchema,
        metadata={
            "description": "For bridges from version 5 on, where there is an entry of theirs"
        },
    )
    grants_seen = fields.Integer(metadata={"description": "Only where grants_after was named"})


class AskSchema(Schema):
    kid = hex_field(8, "Whose key", optional=True)
    holder = fields.Integer(allow_none=True, validate=_HOLDER, example=3405691582)
    door = fields.UUID(required=True)


class AskedSchema(Schema):
    rows = fields.List(Nested(HolderSchema))
