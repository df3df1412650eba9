"""JSON of commands to doors."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.door_commands.rules import LONGEST_REASON
from zone.web import fields
from zone.web.schemas import ListSchema


class OpenOnceSchema(Schema):
    reason = fields.String(
        required=True,
        validate=fields.reason_of(LONGEST_REASON),
        metadata={"example": "A courier with a parcel"},
    )


class OrderViewSchema(Schema):
    id = fields.UUID()
    door = fields.UUID()
    state = fields.String(
        validate=validate.OneOf(("waiting", "opened", "relay_fault", "refused", "expired"))
    )
    reason = fields.String(example="A parcel")
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(example="2027-08-31T09:00:00+00:00")
    settled_at = fields.AwareDateTime(allow_none=True)
    online = fields.Boolean(
        metadata={"description": "Whether the door's bridge was heard within 5 minutes"}
    )


class OrdersSchema(ListSchema):
    orders = fields.List(Nested(OrderViewSchema))
