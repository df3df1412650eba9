"""JSON and forms of institutions and study regions."""

from typing import Any, Final

from marshmallow import Schema, post_load, validate
from marshmallow.fields import Nested

from zone.core.text import CODE
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema

_CODE: Final = validate.Regexp(rf"{CODE.pattern}\Z")
_VERSION: Final = {"description": "As it was read; null or left out for a new one"}


class _Versioned(Schema):
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, fields.MAX_INTEGER),
        metadata=_VERSION,
    )


class ChangedInstitutionSchema(_Versioned):
    """An institution, and whom its agreement admits."""

    name = fields.String(required=True, validate=validate.Length(1, 120), example="Metropolia")
    admits_students = fields.Boolean(load_default=False)
    admits_staff = fields.Boolean(load_default=False)
    study_region = fields.String(
        load_default=None,
        allow_none=True,
        validate=_CODE,
        metadata={"description": "Only its students of this region; null: all of them"},
        example="capital",
    )


class InstitutionFormSchema(ChangedInstitutionSchema):
    """The form of an institution: its code, and what the JSON has."""

    code = fields.String(required=True, validate=_CODE, example="metropolia")
    study_region = fields.String(load_default="", validate=validate.Length(max=40), example="")

    @post_load
    def _read_region(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"study_region": data["study_region"] or None}


class ChangedStudyRegionSchema(_Versioned):
    """How a study region is called."""

    name = Nested(NamesSchema, required=True)


class StudyRegionFormSchema(ChangedStudyRegionSchema):
    """The form of a study region: its code, and what the JSON has."""

    code = fields.String(required=True, validate=_CODE, example="capital")


class InstitutionSchema(Schema):
    """An institution, and whom its agreement admits."""

    code = fields.String(example="metropolia")
    name = fields.String(example="Metropolia")
    admits_students = fields.Boolean()
    admits_staff = fields.Boolean()
    study_region = fields.String(
        allow_none=True,
        metadata={"description": "Only its students of this region; null: all of them"},
        example="capital",
    )
    version = fields.Integer()


class StudyRegionSchema(Schema):
    """A region to which an agreement may be limited."""

    code = fields.String(example="capital")
    name = Nested(NamesSchema)
    version = fields.Integer()


class InstitutionsSchema(ListSchema):
    """Every institution by name, and every study region by code."""

    institutions = fields.List(Nested(InstitutionSchema))
    study_regions = fields.List(Nested(StudyRegionSchema))
