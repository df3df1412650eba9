"""JSON of spaces. Minutes are minutes."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.places.campuses.rules import CODE
from zone.web.fields import UUID, Boolean, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema

MOST_PARTS: Final = 40
_code = validate.Regexp(rf"{CODE.pattern}\Z")
_step = validate.OneOf([5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240])
_length = validate.Range(5, 24 * 60)
_around = validate.OneOf(range(0, 121, 5))


class SpaceRulesSchema(Schema):
    """How a space may be booked for own use; null: as the service's policy says."""

    own_use = Boolean()
    step_minutes = Integer(allow_none=True, validate=_step)
    least_minutes = Integer(allow_none=True, validate=_length)
    most_minutes = Integer(allow_none=True, validate=_length)
    before_minutes = Integer(allow_none=True, validate=_around)
    after_minutes = Integer(allow_none=True, validate=_around)
    companions = Integer(validate=validate.Range(0, 20))
    capacity = Integer(validate=validate.Range(1, 10_000), example=24)


class NewSpaceSchema(SpaceRulesSchema):
    """A space of a campus. Its `parts` are the smallest pieces held on their own; new codes make
    new ones.
    """

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    code = String(required=True, validate=_code, example="hall-1")
    name = Nested(NamesSchema, required=True)
    parts = List(String(validate=_code), required=True, validate=validate.Length(1, MOST_PARTS))
    capacity = Integer(required=True, validate=validate.Range(1, 10_000), example=24)


class SpaceChangeSchema(SpaceRulesSchema):
    """What to change of a space that was read at `version`. Its parts stay: what holds them now
    would be wrong.
    """

    version = Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    name = Nested(NamesSchema)

    @validates_schema
    def check_some(self, data: dict[str, Any], **_: Any) -> None:
        if not data.keys() - {"version"}:
            raise ValidationError("Say what to change.", "version")


class SpaceSchema(SpaceRulesSchema):
    """A space with its parts and rules."""

    id = UUID()
    campus = String(example="myllypuro")
    code = String(example="hall-1")
    name = Nested(NamesSchema)
    parts = List(String())
    version = Integer()


class SpacesSchema(ListSchema):
    """The spaces of a campus, or of all."""

    spaces = List(Nested(SpaceSchema))


class SpacesQuery(Schema):
    """Which campus; all without."""

    campus = String(load_default=None, validate=validate.Length(1, 60), example="myllypuro")
