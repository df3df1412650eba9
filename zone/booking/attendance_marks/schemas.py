"""The JSON and the forms of marks, appeals and bans. Instants are UTC."""

from typing import Any, Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web.fields import (
    UUID,
    AwareDateTime,
    Boolean,
    Dict,
    Integer,
    List,
    LongText,
    String,
    reason_of,
)
from zone.web.schemas import ListSchema

LONGEST_APPEAL: Final = 2000
LONGEST_DECISION: Final = 1000
STATES: Final = ("counting", "excused", "lifted", "expired")
KINDS: Final = ("no_show", "late_cancellation")
EVENTS: Final = ("noticed", "excused", "appealed", "upheld", "lifted", "expired")


class AppealRequest(Schema):
    """What a person says against a mark."""

    text = LongText(
        required=True,
        validate=reason_of(LONGEST_APPEAL),
        example="I was there: the instructor saw me.",
    )


class AppealDecisionRequest(Schema):
    """What staff decide about an appeal, and why; its person reads the reason."""

    outcome = String(required=True, validate=validate.OneOf(("lifted", "upheld")))
    reason = LongText(
        required=True,
        validate=reason_of(LONGEST_DECISION),
        example="The instructor confirms that you were there.",
    )


class DoorHeardSchema(Schema):
    """A door that worked all the time, and until when it was heard."""

    door = String(attribute="name", example="Studio door")
    heard_until = AwareDateTime()


class SeatDemandSchema(Schema):
    """How many wanted a place: a mark is made where somebody waited, or from 90 % booked on."""

    places = Integer(example=14, metadata={"description": "How many could be booked."})
    booked = Integer(example=14)
    percent = Integer(example=100)
    waited = Integer(
        example=2, metadata={"description": "Other people who waited before the start"}
    )
    last_waited_at = AwareDateTime(allow_none=True)


class EvidenceSchema(Schema):
    """What proves a mark; `demand` is null where it is from before evidence was kept."""

    demand = Nested(SeatDemandSchema, allow_none=True)
    doors = List(Nested(DoorHeardSchema))
    limit = AwareDateTime(
        allow_none=True,
        metadata={"description": "Until when a late cancellation would have been free."},
    )


class MarkEventSchema(Schema):
    """What happened to a mark."""

    kind = String(validate=validate.OneOf(EVENTS))
    at = AwareDateTime()
    reason = String(
        allow_none=True,
        example="seen",
        metadata={"description": "Why the service lifted it by itself: seen, not_held"},
    )


class AttendanceMarkSchema(Schema):
    """A mark with its evidence and history."""

    id = UUID()
    kind = String(validate=validate.OneOf(KINDS))
    state = String(validate=validate.OneOf(STATES))
    counts = Boolean(metadata={"description": "Whether it counts now, in this term."})
    booking = UUID()
    name = Dict(keys=String(), values=String())
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    occurred_at = AwareDateTime()
    recorded_at = AwareDateTime()
    evidence = Nested(EvidenceSchema)
    events = List(Nested(MarkEventSchema))
    may_appeal = Boolean()
    appealed_at = AwareDateTime(allow_none=True)
    decided_at = AwareDateTime(allow_none=True)
    appeal = String(allow_none=True, example="I was there.")
    decision = String(allow_none=True, example="The instructor saw you.")


class AttendanceMarksSchema(ListSchema):
    """A person's marks, and until when booking ahead is paused."""

    marks = List(Nested(AttendanceMarkSchema))
    banned_until = AwareDateTime(allow_none=True)


class AppealSchema(Schema):
    """An appeal that waits for a decision."""

    mark = Nested(AttendanceMarkSchema)
    person = UUID()
    name = String(example="Aino Virtanen")


class AppealsSchema(ListSchema):
    """The appeals that wait for a decision, the oldest first."""

    appeals = List(Nested(AppealSchema))


def clean(data: dict[str, Any], name: str) -> str:
    """Return a written text without blanks around it."""
    return str(data[name]).strip()
