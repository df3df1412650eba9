"""JSON and forms of campuses and their addresses."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.places.campuses.queries import ADDRESS
from zone.places.campuses.rules import CODE
from zone.web.fields import Float, Integer, List, String
from zone.web.schemas import ListSchema

_NAME: Final = validate.Length(1, 120)
_VERSION: Final = validate.Range(1, 2**31 - 1)


class CampusAddressSchema(Schema):
    """Where a campus is; null: not given. The position is in degrees of WGS 84."""

    street = String(allow_none=True, validate=validate.Length(1, 120), example="Esimerkkikatu 1")
    postal_code = String(
        allow_none=True, validate=validate.Regexp(r"\A[0-9]{5}\Z"), example="00920"
    )
    city = String(allow_none=True, validate=validate.Length(1, 60), example="Helsinki")
    latitude = Float(allow_none=True, validate=validate.Range(-90, 90), example=60.22)
    longitude = Float(allow_none=True, validate=validate.Range(-180, 180), example=25.08)


class NewCampusSchema(CampusAddressSchema):
    """A campus to add, with its address where it is known. Its code stays."""

    code = String(required=True, validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="pasila")
    name = String(required=True, validate=_NAME, example="Haaga-Helia Pasila")

    @post_load
    def fill_address(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        # A form leaves out what is empty, and the columns have no value of their own.
        return dict.fromkeys(ADDRESS) | data


class CampusFormSchema(NewCampusSchema):
    """The form of a campus that was read at `version`."""

    version = Integer(required=True, validate=_VERSION)


class CampusChangeSchema(CampusAddressSchema):
    """What to change of a campus that was read at `version`. Its code stays."""

    version = Integer(required=True, validate=_VERSION)
    name = String(validate=_NAME, example="Metropolia Myllypuro")

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
