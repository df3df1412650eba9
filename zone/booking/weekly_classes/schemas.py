"""The JSON of weekly classes. Their wall clock is Europe/Helsinki."""

from datetime import date
from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.booking.activities.rules import LEVELS, ONLINE_KINDS, SESSION_KINDS
from zone.booking.affected_people.schemas import CancelledSessionSchema
from zone.booking.class_forms.schemas import SpaceChoice
from zone.booking.moves.schemas import MovedSessionSchema
from zone.core.time import EARLIEST, LATEST
from zone.places.calendar.schemas import HolidayNamesSchema
from zone.web.fields import (
    UUID,
    AwareDateTime,
    Boolean,
    Date,
    Integer,
    List,
    LongText,
    String,
    Time,
    whole_minute,
)
from zone.web.schemas import ListSchema, NamesSchema

valid_day: Final = validate.Range(EARLIEST.date(), LATEST.date())
valid_reason: Final = validate.Length(1, 300)
LONGEST_DESCRIPTION: Final = 1000
LONGEST_BRING: Final = 200


class DescriptionSchema(Schema):
    """What a class is about, in the three languages; empty where nothing is said."""

    fi = LongText(load_default="", validate=validate.Length(max=LONGEST_DESCRIPTION))
    sv = LongText(load_default="", validate=validate.Length(max=LONGEST_DESCRIPTION))
    en = LongText(load_default="", validate=validate.Length(max=LONGEST_DESCRIPTION))


class BringSchema(Schema):
    """What to bring along, in the three languages; empty where nothing is said."""

    fi = String(load_default="", validate=validate.Length(max=LONGEST_BRING), example="Matto")
    sv = String(load_default="", validate=validate.Length(max=LONGEST_BRING), example="En matta")
    en = String(load_default="", validate=validate.Length(max=LONGEST_BRING), example="A mat")


_level = validate.OneOf(LEVELS)


class SessionDetailsRequest(Schema):
    """What a session is, where it is held, and when in the day."""

    kind = String(load_default="class", validate=validate.OneOf(SESSION_KINDS))
    name = Nested(NamesSchema, required=True)
    category = String(required=True, validate=validate.Length(1, 40), example="strength")
    # Left out by programs that do not know them: a change keeps what the class has.
    level = String(validate=_level, example="beginners")
    description = Nested(DescriptionSchema)
    bring = Nested(BringSchema)
    space = UUID(load_default=None, allow_none=True)
    instructor = UUID(load_default=None, allow_none=True)
    live = Boolean(load_default=True)
    starts_at = Time(required=True, validate=whole_minute, example="17:30")
    minutes = Integer(required=True, validate=validate.Range(5, 24 * 60), example=55)
    capacity = Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, 10_000), example=24
    )
    bookable_percent = Integer(load_default=None, allow_none=True, validate=validate.Range(1, 100))

    @validates_schema
    def check_place(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("space") is None and (
            data.get("kind") not in ONLINE_KINDS or data.get("capacity") is None
        ):
            raise ValidationError(
                "Only an online class can be without a space; say then how many places it has.",
                "space",
            )


class ClassRequest(SessionDetailsRequest):
    """A weekly class, on some weekdays (1 Monday … 7 Sunday) between two days, both included.

    Without `space` it is online; without `capacity` it has the places of the space.
    """

    weekdays = List(
        Integer(validate=validate.Range(1, 7), example=2),
        required=True,
        validate=validate.Length(1, 7),
    )
    first_on = Date(required=True, validate=valid_day)
    last_on = Date(required=True, validate=valid_day, example="2026-12-12")

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        first: date | None = data.get("first_on")
        last: date | None = data.get("last_on")
        if first and last and last < first:
            raise ValidationError("The last day cannot be before the first.", "last_on")


def _skipped() -> List:
    return List(
        AwareDateTime(),
        metadata={"description": "Starts an hour later, because the clock skips their hour"},
    )


def _repeated() -> List:
    return List(
        AwareDateTime(),
        metadata={"description": "Starts in an hour that the clock repeats: the first of the two"},
    )


class ClassDaySchema(Schema):
    """A day of a class that is not as usual.

    `closed`: left out, as the campus is not open; `unplanned`, `holiday`: a public holiday that
    nobody has planned, or that is as usual; `break`: in a break of the term.
    """

    day = Date(example="2026-12-24")
    kind = String(
        validate=validate.OneOf(["closed", "unplanned", "holiday", "break"]), example="closed"
    )
    names = Nested(HolidayNamesSchema, allow_none=True)


def _days() -> List:
    return List(
        Nested(ClassDaySchema),
        metadata={"description": "Its days to come that are not as usual, all over its time"},
    )


class ClassSchema(Schema):
    """What a weekly rule became: sessions so far, and days left out (campus closed)."""

    id = UUID()
    sessions = Integer()
    closed = List(Date())
    skipped = _skipped()
    repeated = _repeated()
    days = _days()


class ClassChangeRequest(ClassRequest):
    """A weekly class as it shall be from `from_day` on.

    `first_on` is not changed; with `preview` nothing is done.
    """

    version = Integer(
        required=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read"},
    )
    from_day = Date(required=True, validate=valid_day)
    reason = String(
        required=True,
        validate=valid_reason,
        metadata={"description": "Told to those whose session is gone"},
        example="The instructor is ill",
    )
    preview = Boolean(load_default=False)


class ClassForm(SpaceChoice, ClassRequest):
    """The form of a new class."""


class ClassChangeForm(SpaceChoice, ClassChangeRequest):
    """The form of a change."""


class WeeklySchema(Schema):
    """A weekly class."""

    id = UUID()
    version = Integer()
    kind = String(example="class")
    name = Nested(NamesSchema)
    category = String(example="strength")
    level = String(validate=_level, example="beginners")
    description = Nested(DescriptionSchema)
    bring = Nested(BringSchema)
    space = UUID(allow_none=True)
    instructor = UUID(allow_none=True)
    live = Boolean()
    weekdays = List(Integer(example=2))
    starts_at = Time(metadata={"description": "Helsinki wall clock"}, example="17:30")
    minutes = Integer(example=55)
    first_on = Date()
    last_on = Date(example="2026-12-12")
    capacity = Integer(example=24)
    bookable_percent = Integer(allow_none=True)


class ClassesSchema(ListSchema):
    """The weekly classes that still fall on some day, in the order of the week."""

    classes = List(Nested(WeeklySchema))


class ClassChangeSchema(Schema):
    """What a change does, or would do.

    `id` is the class that holds afterwards: a new one where it `moved`.
    """

    id = UUID(attribute="rule")
    moved = Boolean()
    sessions = List(
        Nested(MovedSessionSchema),
        metadata={"description": "The sessions that move, each with what becomes of its people"},
    )
    cancelled = List(
        AwareDateTime(), metadata={"description": "The starts of the sessions that are cancelled"}
    )
    people = Integer(metadata={"description": "How many had booked those, and get a mail"})
    ended = List(Nested(CancelledSessionSchema), metadata={"description": "Those sessions"})
    made = Integer()
    changed = Integer()
    closed = List(Date(), metadata={"description": "Days left out because the campus is closed"})
    skipped = _skipped()
    repeated = _repeated()
    days = _days()
