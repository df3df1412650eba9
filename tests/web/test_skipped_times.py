"""No form takes a time that the clock skips: it would be read as an hour later."""

import uuid
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from zone.booking.blocks.schemas import BlockForm
from zone.booking.lotteries.schemas import LotteryForm
from zone.booking.moves.schemas import MoveRequest
from zone.booking.single_sessions.schemas import NewSessionRequest
from zone.desk.people.schemas import CourtFormSchema
from zone.passes.sale_windows.schemas import SaleWindowFormSchema

NIGHT, SKIPPED = "2027-03-28", "03:30"
SPACE = str(uuid.uuid4())
FORMS: list[tuple[Schema, dict[str, Any], str]] = [
    (
        MoveRequest(),
        {"day": NIGHT, "minutes": 60, "space": SPACE, "reason": "x", "version": 1},
        "starts_at",
    ),
    (NewSessionRequest(partial=True), {"day": NIGHT, "space": SPACE}, "starts_at"),
    (
        BlockForm(),
        {"space": SPACE, "day": NIGHT, "begins": "01:00", "ends": "05:00", "note": "x"},
        "ends",
    ),
    (
        LotteryForm(),
        {"opens_day": NIGHT, "opens_time": "01:00", "draws_day": NIGHT, "draws_time": "05:00"},
        "draws_time",
    ),
    (
        SaleWindowFormSchema(),
        {"product": "x", "opens_on": NIGHT, "opens": "05:00"},
        "opens",
    ),
    (CourtFormSchema(), {"space": SPACE, "day": NIGHT, "minutes": 60}, "at"),
]


@pytest.mark.parametrize(("schema", "data", "field"), FORMS, ids=lambda one: type(one).__name__)
def test_a_skipped_time_is_refused_at_its_field(
    schema: Schema, data: dict[str, Any], field: str
) -> None:
    schema.load(data | {field: "04:00"})
    with pytest.raises(ValidationError) as refused:
        schema.load(data | {field: SKIPPED})
    assert refused.value.messages_dict.keys() == {field}
