"""JSON of passwords."""

from marshmallow import Schema, validate

from zone.members.passwords.rules import MOST_PASSWORD
from zone.web import fields


class NewPasswordSchema(Schema):
    current = fields.Verbatim(
        load_default="",
        validate=validate.Length(0, MOST_PASSWORD),
        metadata={"description": "The password so far; left out where there is none"},
        example="tall pine under the bridge",
    )
    password = fields.Verbatim(
        required=True,
        validate=validate.Length(1, MOST_PASSWORD),
        metadata={"description": "At least 12 characters, and not easy to guess"},
        example="seven quiet lamps outside",
    )


class ChangedPasswordSchema(Schema):
    sessions_ended = fields.Integer(
        attribute="sessions", metadata={"description": "Other browsers that were signed out"}
    )
    tokens_revoked = fields.Integer(attribute="tokens")
