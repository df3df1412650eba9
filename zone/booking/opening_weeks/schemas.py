"""The form of the ordinary week of a campus."""

from typing import Any

from marshmallow import post_load, validate

from zone.places.opening_hours.schemas import NewHoursSchema
from zone.web.fields import String


class WeekForm(NewHoursSchema):
    """The hours of some weekdays of a campus, and whether what falls outside was seen."""

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    confirm = String(load_default=None, validate=validate.OneOf(["keep"]))

    @post_load
    def _sort_weekdays(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return data | {"weekdays": sorted(set(data["weekdays"]))}
