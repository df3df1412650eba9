"""JSON and forms of customer groups."""

from typing import Any, Final

from marshmallow import Schema, post_load, validate
from marshmallow.fields import Nested

from zone.core.text import CODE
from zone.core.time import EARLIEST, LATEST
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema

_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())
_GROUP: Final = validate.Regexp(rf"{CODE.pattern}\Z")


class CustomerGroupNameSchema(Schema):
    """How a customer group is called."""

    name = Nested(NamesSchema, required=True)
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, fields.MAX_INTEGER),
        metadata={"description": "As it was read; null or left out for a new group"},
    )


class CustomerGroupFormSchema(CustomerGroupNameSchema):
    """The form of a customer group: its code, and what the JSON has."""

    code = fields.String(required=True, validate=_GROUP, example="owners")


class GroupEndSchema(Schema):
    ended_on = fields.Date(
        required=True,
        validate=_DAY,
        metadata={"description": "The first day without it: today or later, in Helsinki"},
    )


class GroupEndFormSchema(GroupEndSchema):
    """The form that ends a customer group."""

    code = fields.String(required=True, validate=_GROUP, example="owners")


class MovedInstitutionSchema(Schema):
    """The customer group of an institution from a day on."""

    group = fields.String(
        required=True,
        allow_none=True,
        validate=_GROUP,
        metadata={"description": "Null: none, it pays the general price"},
        example="owners",
    )
    valid_from = fields.Date(
        required=True, validate=_DAY, metadata={"description": "Today or later, in Helsinki"}
    )


class MoveFormSchema(Schema):
    """The form that moves an institution; an empty group is none."""

    institution = fields.String(required=True, validate=validate.Length(1, 64), example="arcada")
    group = fields.String(load_default="", validate=validate.Length(max=40), example="")
    valid_from = fields.Date(required=True, validate=_DAY)

    @post_load
    def _read_group(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"group": data["group"] or None}


class CustomerGroupSchema(Schema):
    """A customer group with its institutions of today."""

    code = fields.String(example="owners")
    name = Nested(NamesSchema)
    ended_on = fields.Date(
        allow_none=True, metadata={"description": "The first day without it; null: it goes on"}
    )
    version = fields.Integer()
    institutions = fields.List(fields.String(), metadata={"description": "Names"})


class InstitutionMoveSchema(Schema):
    """The group of an institution from a day on, until its next row."""

    institution = fields.String(example="arcada")
    name = fields.String(example="Arcada")
    group = fields.String(
        allow_none=True, metadata={"description": "Null: it pays the general price"}, example=None
    )
    valid_from = fields.Date(
        allow_none=True, metadata={"description": "Null: it never was in a group"}
    )
    to_come = fields.Boolean()


class CustomerGroupsSchema(ListSchema):
    """Every customer group by code, and the group of every institution today and to come."""

    groups = fields.List(Nested(CustomerGroupSchema))
    institutions = fields.List(Nested(InstitutionMoveSchema))
