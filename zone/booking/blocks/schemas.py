"""The JSON of spaces that are kept free, and the form of one."""

from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web.fields import (
    UUID,
    AwareDateTime,
    Date,
    List,
    String,
    Time,
    refuse_skipped,
    whole_minute,
)
from zone.web.schemas import ListSchema, NamesSchema

_day = validate.Range(EARLIEST.date(), LATEST.date())
_moment = validate.Range(EARLIEST, LATEST)
_note = validate.Length(1, 200)


class BlockRequest(Schema):
    """Which space is to be kept free, when and for what."""

    space = UUID(required=True)
    starts_at = AwareDateTime(required=True, validate=_moment, example="2026-12-14T08:00:00+00:00")
    ends_at = AwareDateTime(required=True, validate=_moment, example="2026-12-14T14:00:00+00:00")
    note = String(required=True, validate=_note, example="Examination")


class BlockSchema(Schema):
    """A space that is kept free; `state`: scheduled, cancelled, or held when its time is over."""

    id = UUID()
    space = UUID()
    name = Nested(NamesSchema, attribute="space_name")
    campus = String(example="myllypuro")
    starts_at = AwareDateTime(example="2026-12-14T08:00:00+00:00")
    ends_at = AwareDateTime(example="2026-12-14T14:00:00+00:00")
    note = String(example="Examination")
    made_by = String(example="Manager")
    state = String(example="scheduled")


class BlocksSchema(ListSchema):
    """The spaces that are kept free now or later, by start."""

    blocks = List(Nested(BlockSchema))


class BlockForm(Schema):
    """The form: a first and a last day, and a time of each on the Helsinki clock."""

    space = UUID(required=True)
    day = Date(required=True, validate=_day)
    until = Date(load_default=None, validate=_day)
    begins = Time(required=True, validate=whole_minute)
    ends = Time(required=True, validate=whole_minute)
    note = String(required=True, validate=_note)

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("day"), data.get("until")
        if first and last and last < first:
            raise ValidationError("The last day cannot be before the first.", "until")

    @validates_schema
    def check_clock(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data["day"], data["until"]
        refuse_skipped(begins=(first, data["begins"]), ends=(last or first, data["ends"]))
