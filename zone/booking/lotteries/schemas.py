"""The JSON of lotteries, and the form that announces one."""

from typing import Any

from marshmallow import Schema, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web.fields import (
    UUID,
    AwareDateTime,
    Date,
    Integer,
    List,
    String,
    Time,
    refuse_skipped,
    whole_minute,
)
from zone.web.schemas import ListSchema, NamesSchema

_moment = validate.Range(EARLIEST, LATEST)
_day = validate.Range(EARLIEST.date(), LATEST.date())
_reason = validate.Length(1, 300)


class LotteryRequest(Schema):
    """From when people enter, and when the places are drawn; to the second."""

    opens_at = AwareDateTime(required=True, validate=_moment, example="2026-09-14T09:00:00+00:00")
    draws_at = AwareDateTime(required=True, validate=_moment, example="2026-09-20T09:00:00+00:00")


class CallOffRequest(Schema):
    """Why nothing is drawn; those who entered are told."""

    reason = String(required=True, validate=_reason, example="The hall is smaller than planned")


class LotteryForm(Schema):
    """The form: days, and times of the Helsinki clock."""

    opens_day = Date(required=True, validate=_day)
    opens_time = Time(required=True, validate=whole_minute)
    draws_day = Date(required=True, validate=_day)
    draws_time = Time(required=True, validate=whole_minute)

    @validates_schema
    def check_clock(self, data: dict[str, Any], **_: Any) -> None:
        refuse_skipped(
            opens_time=(data["opens_day"], data["opens_time"]),
            draws_time=(data["draws_day"], data["draws_time"]),
        )


class TicketSchema(Schema):
    """A ticket and what came of it: entered until the draw."""

    ticket = String(example="7e0c3f0e-7d5b-4f57-9d3e-7f2a0c2f9d10")
    outcome = String(
        validate=validate.OneOf(["entered", "won", "lost", "refused", "called_off"]),
        example="won",
    )


class LotterySchema(Schema):
    """A lottery, with all that recomputes it; docs/lottery.md says how. No people."""

    id = String(example="5a1f3f57-2bb9-4a07-8f7e-6ad2a3b0c1d2")
    session = String(example="c0ffee00-2bb9-4a07-8f7e-6ad2a3b0c1d2")
    name = Nested(NamesSchema)
    starts_at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    opens_at = AwareDateTime(example="2026-09-14T09:00:00+00:00")
    draws_at = AwareDateTime(example="2026-09-20T09:00:00+00:00")
    terms = String(metadata={"description": "What the commitment covers besides the seed."})
    commitment = String(metadata={"description": "SHA-256 of the seed and the terms."})
    state = String(validate=validate.OneOf(["announced", "drawn", "called_off"]))
    entries = List(
        Nested(TicketSchema),
        metadata={"description": "In the order of the draw; before it by ticket."},
    )
    withdrawn = List(String(), metadata={"description": "Tickets that were not drawn."})
    seed = String(allow_none=True, metadata={"description": "Hexadecimal; null before the draw."})
    digest = String(
        allow_none=True, metadata={"description": "SHA-256 of all the tickets, by ticket."}
    )
    places = Integer(allow_none=True, metadata={"description": "How many could be booked then."})
    ended_at = AwareDateTime(allow_none=True)
    reason = String(allow_none=True, metadata={"description": "Why it was called off."})


class LotteryEntrySchema(Schema):
    """One's own ticket in a lottery; withdrawn: it is not drawn."""

    ticket = UUID()
    state = String(validate=validate.OneOf(["entered", "withdrawn"]))
    lottery = UUID()
    draws_at = AwareDateTime(example="2026-09-20T09:00:00+00:00")
    session = UUID()


class LotteryEntriesSchema(ListSchema):
    """One's own tickets in lotteries that are to be drawn."""

    entries = List(Nested(LotteryEntrySchema))
