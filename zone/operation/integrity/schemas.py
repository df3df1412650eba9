"""JSON of the invariants. Instants are UTC; the words are English, as in `zone doctor`."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

RESULTS = ("ok", "broken", "unknown", "never")


class InvariantSchema(Schema):
    """A fact about the stored rows, and what the last recount found of it."""

    name = fields.String(required=True, example="places")
    holds = fields.String(
        required=True, example="each class counts exactly its live bookings and offers"
    )
    state = fields.String(
        required=True,
        validate=validate.OneOf(RESULTS),
        metadata={"description": "`unknown`: it could not be recounted, see `problem`"},
    )
    checked_at = fields.AwareDateTime(required=True, allow_none=True)
    broken = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How often it does not hold"}
    )
    rows = fields.List(
        fields.String(example="allocation 17"),
        required=True,
        metadata={"description": "The first rows that break it, by their table and id"},
    )
    problem = fields.String(required=True, allow_none=True)
    todo = fields.String(required=True, metadata={"description": "What to do where it is broken"})


class IntegritySchema(ListSchema):
    """Every invariant; `running`: they are being recounted, or are about to be."""

    invariants = fields.List(Nested(InvariantSchema), required=True)
    checked_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Of which instant the newest results are"},
    )
    running = fields.Boolean(required=True)
