"""JSON of affiliations."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

_WORDS = validate.Length(1, 200)


class AffiliationSchema(Schema):
    id = fields.UUID(attribute="public_id")
    institution = fields.String(attribute="institution_code", example="metropolia")
    role = fields.String(example="student")
    study_region = fields.String(allow_none=True, example="capital")
    admitted = fields.Boolean(
        metadata={"description": "Whether the alliance's agreement covers it"}
    )
    proven_until = fields.Date(
        allow_none=True, metadata={"description": "The last day, included; null: not proven"}
    )


class AffiliationsSchema(ListSchema):
    affiliations = fields.List(Nested(AffiliationSchema))


class NewAffiliationSchema(Schema):
    institution = fields.String(required=True, validate=_WORDS, example="metropolia")
    role = fields.String(required=True, validate=validate.OneOf(["student", "staff"]))
    study_region = fields.String(
        load_default=None, allow_none=True, validate=_WORDS, example="capital"
    )
