"""JSON of signing in."""

from marshmallow import Schema, validate

from zone.members.people.schemas import AddressSchema
from zone.web import fields


class CodeSentSchema(Schema):
    minutes = fields.Integer(metadata={"description": "How long the code works"}, example=55)


class CodeSchema(AddressSchema):
    code = fields.String(required=True, validate=validate.Length(1, 20), example="248163")


class PasswordSchema(AddressSchema):
    password = fields.Verbatim(
        required=True, validate=validate.Length(1, 1000), example="correct horse battery staple"
    )
