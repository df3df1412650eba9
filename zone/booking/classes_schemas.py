"""The JSON of weekly classes and terms as managers see and change them."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow.fields import UUID, AwareDateTime, Boolean, Date, Integer, List, Nested, String, Time

from zone.booking.schemas import ClassRequest
from zone.core.time import EARLIEST, LATEST
from zone.http.schemas import ListSchema, NamesSchema

_day = validate.Range(EARLIEST.date(), LATEST.date())
_reason = validate.Length(1, 300)


class ClassChangeRequest(ClassRequest):
    """A weekly class as it shall be from `from_day` on. `first_on` is not changed; with `preview` nothing is done."""

    version = String(required=True, validate=validate.Length(1, 64), metadata={"description": "As it was read"})
    from_day = Date(required=True, validate=_day)
    reason = String(required=True, validate=_reason, metadata={"description": "Told to those whose session is gone"})
    preview = Boolean(load_default=False)


class WeeklySchema(Schema):
    """A weekly class."""

    id = UUID()
    version = String()
    kind = String()
    name = Nested(NamesSchema)
    category = String()
    space = UUID(allow_none=True)
    instructor = UUID(allow_none=True)
    live = Boolean()
    weekday = Integer()
    starts_at = Time(metadata={"description": "Helsinki wall clock"})
    minutes = Integer()
    first_on = Date()
    last_on = Date()
    capacity = Integer()
    bookable_percent = Integer(allow_none=True)


class ClassesSchema(ListSchema):
    """The weekly classes that still fall on some day, in the order of the week."""

    classes = List(Nested(WeeklySchema))


class ClassChangeSchema(Schema):
    """What a change does, or would do. `id` is the class that holds afterwards: a new one where it `moved`."""

    id = UUID(attribute="rule")
    moved = Boolean()
    cancelled = List(AwareDateTime(), metadata={"description": "The starts of the sessions that are cancelled"})
    people = Integer(metadata={"description": "How many had booked those, and get a mail"})
    made = Integer()
    changed = Integer()
    closed = List(Date(), metadata={"description": "Days left out because the campus is closed"})


class CapacityRequest(Schema):
    """How many places a session shall have, and why."""

    capacity = Integer(required=True, validate=validate.Range(1, 10_000))
    reason = String(required=True, validate=_reason)


class TermWeekSchema(Schema):
    """An ISO week of a term; only regular ones count in the weekly hours."""

    year = Integer()
    week = Integer()
    regular = Boolean()


class TermSchema(Schema):
    """A term, both days included, with its weeks."""

    code = String()
    kind = String()
    starts_on = Date()
    ends_on = Date()
    weeks = List(Nested(TermWeekSchema))


class TermsSchema(ListSchema):
    """Every term, the latest first."""

    terms = List(Nested(TermSchema))


class NewTermSchema(Schema):
    """A term to come; its code is made of its year and kind."""

    kind = String(required=True, validate=validate.OneOf(["spring", "summer", "autumn"]))
    starts_on = Date(required=True, validate=_day)
    ends_on = Date(required=True, validate=_day)


class WeekRequest(Schema):
    """Whether a week counts in the weekly hours."""

    regular = Boolean(required=True)


def three(row: Any) -> dict[str, str]:
    """A name in fi, sv and en."""
    return {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}
