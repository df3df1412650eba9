"""The JSON of what happened to a place in a queue."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.waitlist.rules import END_STATES, STEPS
from zone.web.fields import AwareDateTime, List, String
from zone.web.schemas import ListSchema


class QueueStepSchema(Schema):
    """One thing that happened. `reason` is the code of an error, or null."""

    kind = String(validate=validate.OneOf(["joined", *STEPS, *END_STATES]), example="passed_over")
    at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    reason = String(allow_none=True, example="overlapping_booking")


class QueueHistorySchema(ListSchema):
    """Everything that happened to one's own place in a queue, the first thing first."""

    steps = List(Nested(QueueStepSchema))
