"""The form of the ordinary opening hours of a campus."""

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from zone.places.opening_hours.rules import follows
from zone.places.opening_hours.schemas import CLOCK, WeekHoursSchema
from zone.web.fields import String, Time


class OrdinaryHoursForm(WeekHoursSchema):
    """Hours of some weekdays from a day on, instead of those that begin on the same day; all times
    empty: closed. A form has no fields in fields, so the second opening has times of its own.
    """

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    opens = Time(format="%H:%M", load_default=None, validate=CLOCK, example="07:00")
    closes = Time(format="%H:%M", load_default=None, validate=CLOCK, example="22:00")
    also_opens = Time(format="%H:%M", load_default=None, validate=CLOCK, example="15:00")
    also_closes = Time(format="%H:%M", load_default=None, validate=CLOCK, example="21:00")

    @validates_schema
    def check_also(self, data: dict[str, Any], **_: Any) -> None:
        opens, closes = data.get("also_opens"), data.get("also_closes")
        if opens is None and closes is None:
            return
        if opens is None or closes is None:
            missing = "also_opens" if opens is None else "also_closes"
            raise ValidationError("Give both times, or none when it is closed.", missing)
        first_opens, first_closes = data.get("opens"), data.get("closes")
        if (
            first_opens is None
            or first_closes is None
            or not follows((opens, closes), (first_opens, first_closes))
        ):
            raise ValidationError(
                "The second opening begins on the same day after the first has closed.",
                "also_opens",
            )
