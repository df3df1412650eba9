"""JSON of signing in."""

from marshmallow import Schema, fields, validate

from zone.members.people.schemas import AddressSchema


class CodeSentSchema(Schema):
    minutes = fields.Integer(metadata={"description": "How long the code works"})


class CodeSchema(AddressSchema):
    code = fields.String(required=True, validate=validate.Length(1, 20))


class PasswordSchema(AddressSchema):
    password = fields.String(required=True, validate=validate.Length(1, 1000))
