"""JSON of how many are at a session now."""

from marshmallow import Schema, validate

from zone.access.live_counts.rules import ROOMS, STATUSES
from zone.web import fields

_FOR_STAFF = "for its instructor and staff, null for others"


class LiveCountSchema(Schema):
    """How many are at a session now, by its doors."""

    session = fields.UUID()
    status = fields.String(
        validate=validate.OneOf(STATUSES),
        metadata={
            "description": "`incomplete`: a door may have missed somebody. `not_heard`: a door or "
            "its bridge does not work, and nobody knows who came. `no_door`: none proves presence "
            "there. `not_now`: nobody can come yet, or it is over."
        },
    )
    counted_at = fields.AwareDateTime()
    lost_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Since when a door has not been heard"}
    )
    room = fields.String(
        validate=validate.OneOf(ROOMS),
        allow_none=True,
        metadata={
            "description": "Places for those who come without booking: none, few (fewer than 5) or "
            "enough; null where it is not known, or where nobody who comes now is counted"
        },
    )
    places = fields.Integer(allow_none=True)
    booked = fields.Integer(
        allow_none=True,
        metadata={"description": f"Places booked, or kept for an offer; {_FOR_STAFF}"},
    )
    present = fields.Integer(
        allow_none=True, metadata={"description": f"Of these, who came; {_FOR_STAFF}"}
    )
    drop_in = fields.Integer(
        allow_none=True, metadata={"description": f"Who came without booking; {_FOR_STAFF}"}
    )
    free = fields.Integer(
        allow_none=True,
        metadata={"description": f"Places for those who come without booking; {_FOR_STAFF}"},
    )
