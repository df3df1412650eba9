"""JSON and the form of what a product lets its holder do."""

from collections.abc import Collection, Mapping
from datetime import time
from itertools import zip_longest
from typing import Any

from marshmallow import Schema, ValidationError, post_load, pre_dump, validate
from marshmallow.fields import Nested

from zone.passes.entitlements.rules import (
    A_DAY,
    ACTIVITIES,
    EVERY_DAY,
    MOST_COMPANIONS,
    MOST_EARLIER,
    MOST_HOURS,
    Conditions,
    SingleActivity,
    UseHours,
)
from zone.web import fields
from zone.web.schemas import NamesSchema

_weekday = validate.Range(1, 7)
_version = validate.Range(1, 2**31 - 1)


def _activities(**about: Any) -> fields.List:
    return fields.List(
        fields.String(validate=validate.OneOf(ACTIVITIES), example="online"),
        load_default=list,
        validate=validate.Length(max=len(ACTIVITIES)),
        **about,
    )


class UseHoursSchema(Schema):
    """A time of the Helsinki week in which the pass can be used."""

    weekdays = fields.List(
        fields.Integer(strict=True, validate=_weekday),
        load_default=lambda: list(EVERY_DAY),
        validate=validate.Length(1, 7),
        metadata={"description": "1 Monday … 7 Sunday; left out: every day", "example": [1, 2]},
    )
    opens = fields.Time(
        load_default=None,
        allow_none=True,
        metadata={"description": "Null: from the beginning of the day"},
        example="06:00",
    )
    closes = fields.Time(
        load_default=None,
        allow_none=True,
        metadata={"description": "Not included; null: to the end of the day"},
        example="14:00",
    )

    @post_load
    def _make(self, data: dict[str, Any], **_rest: Any) -> UseHours:
        return hours_of(data["weekdays"], data["opens"], data["closes"])


def hours_of(weekdays: list[int], opens: time | None, closes: time | None) -> UseHours:
    """Return a time of the week.

    Raises:
        ValidationError: it ends before it begins.
    """
    first, until = _minutes(opens) if opens else 0, _minutes(closes) if closes else A_DAY
    if first >= until:
        raise ValidationError("It has to end after it begins.", "closes")
    return UseHours(tuple(sorted(set(weekdays))), first, until)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


class ConditionsSchema(Schema):
    """When a pass can be used, and what it gives its holder besides what it opens."""

    hours = fields.List(
        Nested(UseHoursSchema),
        load_default=list,
        validate=validate.Length(max=MOST_HOURS),
        metadata={"description": "Empty: at any time"},
    )
    days_earlier = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, MOST_EARLIER),
        metadata={"description": "By how many days booking opens earlier than for others"},
        example=1,
    )
    companions = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST_COMPANIONS),
        metadata={"description": "How many may come along in a day; null: as the space allows"},
        example=2,
    )
    activities = _activities(
        metadata={
            "description": "The kinds of sessions that it gives, and whose doors it opens with a "
            "booking; empty: of all kinds"
        }
    )


class SingleActivitySchema(Schema):
    """An activity of which a pass gives the sessions, as it was called when it was chosen."""

    id = fields.UUID()
    name = Nested(NamesSchema)

    @pre_dump
    def _read(self, one: SingleActivity, **_rest: Any) -> dict[str, Any]:
        names = {"fi": one.name_fi, "sv": one.name_sv, "en": one.name_en}
        return {"id": one.root, "name": names}


class GivenConditionsSchema(ConditionsSchema):
    """Those of what is sold."""

    single_activities = fields.List(
        Nested(SingleActivitySchema),
        metadata={
            "description": "The activities that it gives besides those kinds; both empty: all"
        },
    )


class EntitlementsSchema(ConditionsSchema):
    """What the passes of a product give."""

    version = fields.Integer(
        strict=True,
        required=True,
        validate=_version,
        metadata={"description": "That of the product, as it was read"},
    )

    @post_load
    def _make(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return {"version": data.pop("version"), "conditions": conditions_in(data)}


def conditions_in(data: Mapping[str, Any]) -> Conditions:
    """Return the conditions of loaded data."""
    return Conditions(
        tuple(data["hours"]),
        data["days_earlier"],
        data["companions"],
        in_order(data["activities"]),
    )


def in_order(activities: Collection[str]) -> tuple[str, ...]:
    """Return kinds of sessions, each once, in the order in which products have them."""
    return tuple(kind for kind in ACTIVITIES if kind in activities)


class EntitlementsFormSchema(Schema):
    """The form of them: a row for each time of the week, of which some are empty.

    `weekdays` are `row-day`, such as `1-5` for the Friday of the first row.
    """

    code = fields.String(required=True, validate=validate.Length(1, 40), example="gym-mornings")
    weekdays = fields.List(
        fields.String(), load_default=list, validate=validate.Length(max=7 * MOST_HOURS)
    )
    opens = fields.List(
        fields.String(), load_default=list, validate=validate.Length(max=MOST_HOURS)
    )
    closes = fields.List(
        fields.String(), load_default=list, validate=validate.Length(max=MOST_HOURS)
    )
    days_earlier = fields.Integer(load_default=0, validate=validate.Range(0, MOST_EARLIER))
    companions = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, MOST_COMPANIONS)
    )
    activities = _activities()
    version = fields.Integer(required=True, validate=_version)

    @post_load
    def _read_rows(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        times = list(zip_longest(data["opens"], data["closes"], fillvalue=""))
        chosen = set(data["weekdays"])
        hours = []
        for row in range(1, MOST_HOURS + 1):
            days = [day for day in EVERY_DAY if f"{row}-{day}" in chosen]
            opens, closes = times[row - 1] if row <= len(times) else ("", "")
            if (opens or closes) and not days:
                raise ValidationError("Choose the weekdays of each time.", "weekdays")
            if days:
                hours.append(hours_of(days, _time(opens, "opens"), _time(closes, "closes")))
        conditions = conditions_in(data | {"hours": hours})
        return {"code": data["code"], "version": data["version"], "conditions": conditions}


def _time(typed: str, name: str) -> time | None:
    if not typed.strip():
        return None
    try:
        return time.fromisoformat(typed.strip())
    except ValueError as error:
        raise ValidationError("Give a time, such as 14:00.", name) from error
