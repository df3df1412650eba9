"""JSON of proofs."""

from marshmallow import Schema, validate

from zone.web import fields

_WORDS = validate.Length(1, 200)


class NewProofSchema(Schema):
    affiliation = fields.UUID(required=True)
    source = fields.String(
        required=True,
        validate=_WORDS,
        metadata={"description": "For example: term sticker"},
        example="term sticker",
    )
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, example="2026-12-31")
