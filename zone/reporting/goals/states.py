"""The states of the page of set targets, from invented values."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Final

from zone.reporting.goals.pages import targets_page
from zone.reporting.goals.queries import SetTarget
from zone.web.forms import FormState
from zone.web.states import State

PROPOSED: Final = FormState({"first_year": 2026})
SET_AT: Final = datetime(2025, 12, 1, 10, tzinfo=UTC)
SOME: Final = (
    SetTarget("A", 2026, Decimal(2600), None, Decimal(1870), "2019", SET_AT, replaced=False),
    SetTarget("A", 2026, Decimal(2700), None, Decimal(1870), "2019", SET_AT, replaced=True),
    SetTarget("A", 2021, Decimal(2500), Decimal(33), Decimal(1870), "2019", SET_AT, replaced=False),
    SetTarget("C", 2021, Decimal(4), None, Decimal("3.6"), "4/2020", SET_AT, replaced=False),
)

STATES: Final = (
    State("set-targets", "none", partial(targets_page, (), PROPOSED)),
    State("set-targets", "some", partial(targets_page, SOME, PROPOSED)),
    State(
        "set-targets",
        "read-only",
        partial(targets_page, SOME, PROPOSED, may_change=False),
    ),
)
