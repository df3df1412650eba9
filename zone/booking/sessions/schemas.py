"""The JSON of the timetable and of single sessions. Instants are UTC."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.booking.activities.rules import KINDS, LEVELS
from zone.core.time import EARLIEST, LATEST
from zone.web.fields import UUID, AwareDateTime, Boolean, Date, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema

LONGEST_SPAN: Final = 62
"""Days of the timetable that one request reads."""
_day = validate.Range(EARLIEST.date(), LATEST.date())
_reason = validate.Length(1, 300)


class SpanSchema(Schema):
    """Which days of the timetable: both included, Helsinki calendar days."""

    first = Date(data_key="from", load_default=None, validate=_day)
    last = Date(data_key="to", load_default=None, validate=_day, example="2026-09-27")
    campus = String(load_default=None, validate=validate.Length(max=60), example="myllypuro")

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("first"), data.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST_SPAN:
            raise ValidationError(f"At most {LONGEST_SPAN} days, the first one first.", "to")


class SessionLotterySchema(Schema):
    """The draw of a session's places that is to come; until then nobody books them."""

    id = UUID()
    opens_at = AwareDateTime(metadata={"description": "From when people enter."})
    draws_at = AwareDateTime(example="2026-09-20T09:00:00+00:00")
    ticket = UUID(allow_none=True, metadata={"description": "The reader's own, who is in it."})


class SessionSchema(Schema):
    """A session with its places: `left` can still be booked; the others are for drop-in."""

    id = UUID()
    # All: a booking nests this for a reserved court too.
    kind = String(validate=validate.OneOf(tuple(KINDS)))
    name = Nested(NamesSchema)
    category = String(example="strength")
    level = String(validate=validate.OneOf(LEVELS), example="beginners")
    campus = String(allow_none=True, example="myllypuro")
    space = Nested(NamesSchema, allow_none=True)
    starts_at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    ends_at = AwareDateTime(example="2026-09-22T15:25:00+00:00")
    capacity = Integer(example=24)
    bookable = Integer(example=17)
    version = Integer(metadata={"description": "Grows with every change of the capacity."})
    left = Integer(example=5)
    state = String(validate=validate.OneOf(["scheduled", "cancelled", "held"]))
    booking = UUID(allow_none=True, metadata={"description": "The reader's own live booking."})
    queue_length = Integer(metadata={"description": "How many wait for a place."})
    queue_entry = UUID(
        allow_none=True, metadata={"description": "The reader's own place in the queue."}
    )
    queue_place = Integer(
        allow_none=True,
        metadata={"description": "The reader's place in the queue; 1 is the first."},
    )
    lottery = Nested(SessionLotterySchema, allow_none=True)


class SessionsSchema(ListSchema):
    """A span of the timetable."""

    sessions = List(Nested(SessionSchema))


class CancelRequest(Schema):
    """Why a session is cancelled; those who booked are told."""

    reason = String(required=True, validate=_reason, example="The instructor is ill")


class CorrectionRequest(Schema):
    """Whether a session of the past was held, and why its record is wrong."""

    held = Boolean(required=True, metadata={"description": "Whether it was held"})
    reason = String(required=True, validate=_reason, example="The instructor did not come")


class CapacityRequest(Schema):
    """How many places a session shall have, and why."""

    capacity = Integer(required=True, validate=validate.Range(1, 10_000), example=24)
    reason = String(required=True, validate=_reason, example="The instructor is ill")
    version = Integer(
        required=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read; a change meanwhile is refused."},
    )
