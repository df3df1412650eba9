"""JSON of bridges, for staff."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.bridges.rules import LONGEST_NAME
from zone.web import fields
from zone.web.schemas import ListSchema

_NAME: Final = validate.Length(1, LONGEST_NAME)


class NewBridgeSchema(Schema):
    campus = fields.String(required=True, validate=_NAME, example="myllypuro")
    name = fields.String(required=True, validate=_NAME, example="Main entrance")


class DoorPolicySchema(Schema):
    unproven_until = fields.Date(
        required=True,
        allow_none=True,
        example="2027-03-31",
        metadata={
            "description": "The last day on which the entries of bridges count that are too old to "
            "prove them; null: there is none"
        },
    )
    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))


class BridgeTokenSchema(Schema):
    id = fields.UUID()
    token = fields.String(
        metadata={"description": "One-time, 15 minutes: `zone-bridge enrol --token …`"},
        example="zt_q3Yt…",
    )
    code = fields.String(
        metadata={"description": "Instead of the token, to be typed at `zone-bridge enrol`"},
        example="7K3M-9QXC-H2TV",
    )
    expires_at = fields.AwareDateTime(example="2027-08-31T09:00:00+00:00")


class BridgeViewSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Main entrance")
    campus = fields.String(example="myllypuro")
    state = fields.String(validate=validate.OneOf(("waiting", "enrolled", "revoked")))
    online = fields.Boolean()
    online_since = fields.AwareDateTime(allow_none=True)
    seen_at = fields.AwareDateTime(allow_none=True)
    backlog = fields.Integer(metadata={"description": "Entries that it has still to send"})
    clock = fields.String(allow_none=True, validate=validate.OneOf(("synced", "holdover", "unset")))
    software = fields.String(allow_none=True)
    roster_version = fields.Integer(allow_none=True)
    behind = fields.Integer(
        allow_none=True, metadata={"description": "Changes that it has not fetched yet"}
    )
    alarms = fields.Integer()
    quarantined = fields.Integer()
    wire = fields.Integer(
        metadata={
            "description": "Version of the messages that it named at its last sign-on; "
            "1 where it names none"
        },
        example=2,
    )


class BridgesSchema(ListSchema):
    bridges = fields.List(Nested(BridgeViewSchema))
