"""JSON of campuses and their addresses."""

from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.web.fields import Float, Integer, List, String
from zone.web.schemas import ListSchema


class CampusAddressSchema(Schema):
    """Where a campus is; null: not given. The position is in degrees of WGS 84."""

    street = String(allow_none=True, validate=validate.Length(1, 120), example="Esimerkkikatu 1")
    postal_code = String(
        allow_none=True, validate=validate.Regexp(r"\A[0-9]{5}\Z"), example="00920"
    )
    city = String(allow_none=True, validate=validate.Length(1, 60), example="Helsinki")
    latitude = Float(allow_none=True, validate=validate.Range(-90, 90), example=60.22)
    longitude = Float(allow_none=True, validate=validate.Range(-180, 180), example=25.08)


class CampusAddressChangeSchema(CampusAddressSchema):
    """What to change of the address of a campus that was read at `version`."""

    version = Integer(required=True, validate=validate.Range(1, 2**31 - 1))

    @validates_schema
    def check_some(self, data: dict[str, Any], **_: Any) -> None:
        if not data.keys() - {"version"}:
            raise ValidationError("Say what to change.", "version")


class CampusPlaceSchema(CampusAddressSchema):
    """A campus; `map_url` leads to its place on OpenStreetMap."""

    code = String(example="myllypuro")
    name = String(example="Metropolia Myllypuro")
    map_url = String(allow_none=True, example=None)
    version = Integer()


class CampusesSchema(ListSchema):
    """Every campus, by name."""

    campuses = List(Nested(CampusPlaceSchema))
