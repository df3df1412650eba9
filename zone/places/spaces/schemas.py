"""JSON and forms of spaces. Minutes are minutes."""

from typing import Any, Final

from marshmallow import (
    Schema,
    ValidationError,
    post_load,
    pre_load,
    validate,
    validates_schema,
)
from marshmallow.fields import Nested

from zone.core.i18n import translatable
from zone.places.campuses.rules import CODE
from zone.places.spaces.rules import MINUTES, MOST_PARTS, HallDivision
from zone.web.fields import UUID, Boolean, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema

_MOST_OF_SPACE: Final = 40
STEPS: Final = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)
"""The minutes of the clock on whose multiples a booking may begin."""
_MISSING: Final = ["Missing data for required field."]
_OF_PARTS: Final[dict[str, Any]] = {
    "part_name": dict.fromkeys(("fi", "sv", "en"), _MISSING),
    "part_capacity": _MISSING,
}
"""What a divided hall needs, and what is said where it is not there."""
_code = validate.Regexp(rf"{CODE.pattern}\Z")
_step = validate.OneOf(STEPS)
_length = validate.Range(5, 24 * 60)
_around = validate.OneOf(range(0, 121, 5))
_people = validate.Range(1, 10_000)
# Its parts get its code and a number of two digits at most.
_hall = validate.And(validate.Length(1, 36), _code)


class SpaceRulesSchema(Schema):
    """How a space may be booked for own use; null: as the service's policy says."""

    own_use = Boolean()
    step_minutes = Integer(allow_none=True, validate=_step)
    least_minutes = Integer(allow_none=True, validate=_length)
    most_minutes = Integer(allow_none=True, validate=_length)
    before_minutes = Integer(allow_none=True, validate=_around)
    after_minutes = Integer(allow_none=True, validate=_around)
    companions = Integer(validate=validate.Range(0, 20))
    capacity = Integer(validate=_people, example=24)


class NewSpaceSchema(SpaceRulesSchema):
    """A space of a campus. Its `parts` are the smallest pieces held on their own; new codes make
    new ones.
    """

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    code = String(required=True, validate=_code, example="hall-1")
    name = Nested(NamesSchema, required=True)
    parts = List(String(validate=_code), required=True, validate=validate.Length(1, _MOST_OF_SPACE))
    capacity = Integer(required=True, validate=_people, example=24)


class NewHallSchema(Schema):
    """A hall of a campus, undivided or of so many parts of one size. Each part is a space too; its
    name is `part_name` with its number, its code that of the hall with its number.
    """

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    code = String(required=True, validate=_hall, example="hall-2")
    name = Nested(NamesSchema, required=True)
    capacity = Integer(required=True, validate=_people, example=60)
    own_use = Boolean(load_default=False)
    parts = Integer(
        load_default=0,
        validate=validate.OneOf((0, *range(2, MOST_PARTS + 1))),
        metadata={"description": "0: the hall is not divided"},
        example=3,
    )
    part_name = Nested(NamesSchema)
    part_capacity = Integer(validate=_people, example=20)
    part_own_use = Boolean(load_default=False)

    @validates_schema
    def check_parts(self, data: dict[str, Any], **_: Any) -> None:
        told = data.keys() & _OF_PARTS.keys()
        if told and not data["parts"]:
            raise ValidationError(translatable("Say how many parts there are."), "parts")
        missing = {name: error for name, error in _OF_PARTS.items() if name not in told}
        if data["parts"] and missing:
            raise ValidationError(missing)

    @post_load
    def read_division(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        own = {key: value for key, value in data.items() if not key.startswith("part")}
        division = data["parts"] and HallDivision(
            count=data["parts"],
            name=data["part_name"],
            capacity=data["part_capacity"],
            own_use=data["part_own_use"],
        )
        return own | {"division": division or None}


class NewHallFormSchema(NewHallSchema):
    """The form of a new hall; its parts without any name have none."""

    @pre_load
    def drop_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        named = any(data.get("part_name", {}).values())
        return data if named else {key: data[key] for key in data.keys() - {"part_name"}}


class SpaceOfPartsFormSchema(Schema):
    """The form of a space out of parts that there are."""

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    code = String(required=True, validate=_code, example="half")
    name = Nested(NamesSchema, required=True)
    capacity = Integer(required=True, validate=_people, example=30)
    own_use = Boolean(load_default=False)
    parts = List(String(validate=_code), required=True, validate=validate.Length(1, _MOST_OF_SPACE))


class SpaceFormSchema(SpaceRulesSchema):
    """The form of a space that was read at `version`; empty minutes are those of the policy."""

    version = Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    name = Nested(NamesSchema, required=True)
    capacity = Integer(required=True, validate=_people, example=24)
    companions = Integer(required=True, validate=validate.Range(0, 20))
    own_use = Boolean(load_default=False)

    @post_load
    def fill_minutes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return dict.fromkeys(MINUTES) | data


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
