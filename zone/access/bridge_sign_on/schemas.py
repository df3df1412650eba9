"""JSON of enrolment and sign-on, for the documentation; `firmware_bridge.wire` parses it."""

from typing import Final

from marshmallow import Schema, validate

from zone.web import fields
from zone.web.schemas import hex_field

_TEXT: Final = validate.Length(1, 200)


class EnrolSchema(Schema):
    token = fields.String(
        required=True,
        validate=_TEXT,
        metadata={"description": "The token, or the short code as it was typed"},
        example="7K3M-9QXC-H2TV",
    )
    public_key = hex_field(32, "Ed25519")


class EnrolledSchema(Schema):
    bridge = fields.UUID()


class ChallengeForSchema(Schema):
    bridge = fields.UUID(required=True)


class ChallengeSchema(Schema):
    challenge = fields.String()


class SignOnSchema(Schema):
    bridge = fields.UUID(required=True)
    challenge = fields.String(required=True, validate=_TEXT)
    signature = hex_field(64, "Ed25519")
    wire = fields.Integer(
        metadata={
            "description": "Version of the messages that the bridge speaks; without it the first"
        },
        example=2,
    )


class SignedOnSchema(Schema):
    access_token = fields.String(example="q3Yt…")
    expires_in = fields.Integer(metadata={"description": "Seconds"}, example=900)
    server_time = fields.Float(metadata={"description": "UTC seconds"})
    wire = fields.Integer(
        metadata={
            "description": "Version that the server speaks with this bridge; "
            "only where the bridge has named its own"
        },
        example=2,
    )
    issuers = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={
            "description": "The server's public keys, of which one signs the header "
            "Zone-Signature; for bridges from version 5 on"
        },
    )
    revoked = fields.Boolean(
        metadata={
            "description": "The bridge is revoked: it opens nothing any more. Then all else is "
            "missing; for bridges from version 6 on"
        }
    )


class RotateSchema(Schema):
    public_key = hex_field(32, "The new one: Ed25519")
    signature = hex_field(64, "By the new key")
