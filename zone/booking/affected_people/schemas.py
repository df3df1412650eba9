"""The JSON of the people whom a change of sessions concerns."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web.fields import UUID, AwareDateTime, Integer, List, String


class AffectedPersonSchema(Schema):
    """A person whom a change concerns, and what becomes of their place.

    `along`: the booking holds at the new time; `first_right`: the place is kept for them for a
    while; `waits`: the place in the queue stays; `ends`: it falls away. `id` and `name` are null
    for whoever may not see who comes to the session.
    """

    id = UUID(allow_none=True)
    name = String(allow_none=True)
    place = String(validate=validate.OneOf(["booked", "first_right", "offered", "waiting"]))
    becomes = String(validate=validate.OneOf(["along", "first_right", "waits", "ends"]))
    reasons = List(
        String(),
        attribute="codes",
        metadata={"description": "Codes of why they cannot come at the new time"},
    )


def people_field() -> List:
    """Return the field with the people of one session."""
    return List(
        Nested(AffectedPersonSchema),
        allow_none=True,
        metadata={"description": "Those who booked or wait, in a preview; else null"},
    )


class CancelledSessionSchema(Schema):
    """A session that is cancelled; `people`: in a preview, else null."""

    session = UUID()
    starts_at = AwareDateTime()
    booked = Integer()
    people = people_field()
