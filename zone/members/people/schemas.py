"""JSON of people."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.i18n import LANGUAGES
from zone.members.affiliations.schemas import AffiliationSchema
from zone.members.people.rules import LONGEST_EMAIL, LONGEST_NAME
from zone.web import fields

_MORE_TIME: Final = {"description": "Whether doors stay open for 15 seconds for them"}
_EMAIL = validate.Length(1, LONGEST_EMAIL)


class AddressSchema(Schema):
    email = fields.String(required=True, validate=_EMAIL, example="aino@example.org")


class PersonSchema(Schema):
    id = fields.UUID()
    email = fields.String(example="aino@example.org")
    name = fields.String(example="Aino Esimerkki")
    language = fields.String(example="fi")
    more_time = fields.Boolean(metadata=_MORE_TIME)
    roles = fields.List(fields.String(example="student"))
    affiliations = fields.List(Nested(AffiliationSchema))
    csrf_token = fields.String(
        metadata={"description": "For X-CSRF-Token, where no browser says the origin"}
    )


class OwnChangeSchema(Schema):
    name = fields.String(validate=validate.Length(0, LONGEST_NAME), example="Aino Esimerkki")
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    more_time = fields.Boolean(metadata=_MORE_TIME)
