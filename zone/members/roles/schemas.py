"""JSON of staff and roles."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.identity import SERVICE_ROLES
from zone.web import fields
from zone.web.schemas import ListSchema

_WORDS = validate.Length(1, 200)


class StaffSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    email = fields.String(example="aino@example.org")
    roles = fields.List(fields.String(example="student"))


class StaffListSchema(ListSchema):
    staff = fields.List(Nested(StaffSchema))


class RoleSchema(Schema):
    role = fields.String(required=True, validate=validate.OneOf(sorted(SERVICE_ROLES)))
    reason = fields.String(required=True, validate=_WORDS, example="Works at the desk this term")


class RoleFormSchema(RoleSchema):
    """The form that gives a role, or takes it with the button `take`."""

    take = fields.Boolean(load_default=False)
