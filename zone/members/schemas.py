"""The JSON of people and sign-in."""

from marshmallow import Schema, fields, validate

from zone.core.text import LANGUAGES
from zone.core.time import EARLIEST, LATEST
from zone.http.schemas import ListSchema
from zone.members.rules import SERVICE_ROLES
from zone.members.service import LONGEST_EMAIL, LONGEST_NAME
from zone.members.tokens import SCOPES

_EMAIL = validate.Length(1, LONGEST_EMAIL)
_WORDS = validate.Length(1, 200)


class AddressSchema(Schema):
    email = fields.String(required=True, validate=_EMAIL)


class CodeSentSchema(Schema):
    minutes = fields.Integer(metadata={"description": "How long the code works"})


class CodeSchema(AddressSchema):
    code = fields.String(required=True, validate=validate.Length(1, 20))


class PasswordSchema(AddressSchema):
    password = fields.String(required=True, validate=validate.Length(1, 1000))


class AffiliationSchema(Schema):
    id = fields.UUID(attribute="public_id")
    institution = fields.String(attribute="institution_code")
    role = fields.String()
    study_region = fields.String(allow_none=True)
    admitted = fields.Boolean(metadata={"description": "Whether the alliance's agreement covers it"})
    proven_until = fields.Date(allow_none=True, metadata={"description": "The last day, included; null: not proven"})


class AffiliationsSchema(ListSchema):
    affiliations = fields.List(fields.Nested(AffiliationSchema))


class PersonSchema(Schema):
    id = fields.UUID()
    email = fields.String()
    name = fields.String()
    language = fields.String()
    roles = fields.List(fields.String())
    affiliations = fields.List(fields.Nested(AffiliationSchema))
    csrf_token = fields.String(metadata={"description": "For X-CSRF-Token, where no browser says the origin"})


class OwnChangeSchema(Schema):
    name = fields.String(validate=validate.Length(0, LONGEST_NAME))
    language = fields.String(validate=validate.OneOf(LANGUAGES))


class NewAffiliationSchema(Schema):
    institution = fields.String(required=True, validate=_WORDS)
    role = fields.String(required=True, validate=validate.OneOf(["student", "staff"]))
    study_region = fields.String(load_default=None, allow_none=True, validate=_WORDS)


class NewProofSchema(Schema):
    affiliation = fields.UUID(required=True)
    source = fields.String(required=True, validate=_WORDS, metadata={"description": "For example: term sticker"})
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class StaffSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    email = fields.String()
    roles = fields.List(fields.String())


class StaffListSchema(ListSchema):
    staff = fields.List(fields.Nested(StaffSchema))


class RoleSchema(Schema):
    role = fields.String(required=True, validate=validate.OneOf(sorted(SERVICE_ROLES)))
    reason = fields.String(required=True, validate=_WORDS)


class NewTokenSchema(Schema):
    name = fields.String(required=True, validate=_WORDS, metadata={"description": "What uses it"})
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(SCOPES))), required=True, validate=validate.Length(1, len(SCOPES))
    )
    expires_at = fields.AwareDateTime(
        required=True, validate=validate.Range(EARLIEST, LATEST), metadata={"description": "At most 366 days from now"}
    )


class TokenSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    owner = fields.UUID(metadata={"description": "The person as whom it acts"})
    scopes = fields.List(fields.String(validate=validate.OneOf(sorted(SCOPES))))
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    used_at = fields.AwareDateTime(allow_none=True, metadata={"description": "The last use, to the hour"})
    revoked_at = fields.AwareDateTime(allow_none=True)


class MadeTokenSchema(TokenSchema):
    token = fields.String(metadata={"description": "For the header Authorization: Bearer …; shown only here"})


class TokensSchema(ListSchema):
    tokens = fields.List(fields.Nested(TokenSchema))


class AuditQuerySchema(Schema):
    object_kind = fields.String(load_default=None, validate=_WORDS, metadata={"description": "For example: member"})
    object_id = fields.String(load_default=None, validate=_WORDS)
    actor = fields.UUID(load_default=None, metadata={"description": "Who did it"})
    action = fields.String(load_default=None, validate=_WORDS, metadata={"description": "For example: member.view"})
    since = fields.AwareDateTime(load_default=None, metadata={"description": "Included"})
    until = fields.AwareDateTime(load_default=None, metadata={"description": "Not included"})
    after = fields.UUID(load_default=None, metadata={"description": "`next` of the page before"})
    most = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class AuditRowSchema(Schema):
    id = fields.UUID()
    at = fields.AwareDateTime()
    actor = fields.UUID(allow_none=True, metadata={"description": "Null: a command or a job"})
    actor_name = fields.String(allow_none=True)
    action = fields.String()
    object_kind = fields.String()
    object_id = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class AuditRowsSchema(ListSchema):
    rows = fields.List(fields.Nested(AuditRowSchema))
