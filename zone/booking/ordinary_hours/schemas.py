"""The form of the ordinary opening hours of a campus."""

from marshmallow import validate

from zone.places.opening_hours.schemas import CLOCK, NewHoursSchema
from zone.web.fields import String, Time


class OrdinaryHoursForm(NewHoursSchema):
    """Hours of some weekdays from a day on, instead of those that begin on the same day; both times
    empty: closed.
    """

    campus = String(required=True, validate=validate.Length(1, 60), example="myllypuro")
    opens = Time(format="%H:%M", load_default=None, validate=CLOCK, example="07:00")
    closes = Time(format="%H:%M", load_default=None, validate=CLOCK, example="22:00")
