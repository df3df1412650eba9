"""The JSON of a session that is moved. Instants are UTC; a request has Helsinki wall clock."""

from typing import Any, Final

from marshmallow import Schema, validate, validates_schema

from zone.booking.affected_people.schemas import people_field
from zone.booking.class_forms.schemas import SpaceChoice
from zone.core.time import EARLIEST, LATEST
from zone.web.fields import (
    UUID,
    AwareDateTime,
    Boolean,
    Date,
    Integer,
    String,
    Time,
    refuse_skipped,
    whole_minute,
)

OUTCOMES: Final = ("along", "first_right", "unchanged")


class MoveRequest(Schema):
    """When and where a session is to be held; without `space` it is online.

    With `preview` nothing is done.
    """

    day = Date(
        required=True, validate=validate.Range(EARLIEST.date(), LATEST.date()), example="2026-10-03"
    )
    starts_at = Time(required=True, validate=whole_minute, example="17:30")
    minutes = Integer(required=True, validate=validate.Range(5, 24 * 60), example=55)
    space = UUID(required=True, allow_none=True)
    reason = String(
        required=True,
        validate=validate.Length(1, 300),
        metadata={"description": "Told to those who booked or wait"},
        example="The hall is repaired",
    )
    version = Integer(
        required=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read; a change meanwhile is refused."},
    )
    preview = Boolean(load_default=False)

    @validates_schema
    def check_clock(self, data: dict[str, Any], **_: Any) -> None:
        refuse_skipped(starts_at=(data["day"], data["starts_at"]))


class MoveForm(SpaceChoice, MoveRequest):
    """The form that moves a session."""


class MovedSessionSchema(Schema):
    """A move, and whom it concerns.

    `along`: bookings and queue come along; `first_right`: the bookings end, each place is kept for
    its person until `until`, and the queue comes along; `unchanged`: it is there already.
    """

    session = UUID()
    starts_at = AwareDateTime(attribute="before.starts_at", metadata={"description": "Before"})
    new_starts_at = AwareDateTime(attribute="after.starts_at")
    new_ends_at = AwareDateTime(attribute="after.ends_at")
    outcome = String(validate=validate.OneOf(OUTCOMES))
    booked = Integer(metadata={"description": "How many have booked; each gets a mail"})
    waiting = Integer(metadata={"description": "How many wait; each gets a mail"})
    until = AwareDateTime(allow_none=True)
    people = people_field()
    entered = Integer(
        metadata={"description": "How many are in the draw of its places; each gets a mail"}
    )
    ends_draw = Boolean(
        metadata={"description": "It begins before its draw now, which is called off"}
    )
