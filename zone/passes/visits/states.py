"""The states of the page of visits without one left, from invented values."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from zone.passes.visits.pages import list_page
from zone.passes.visits.queries import UnpaidVisit
from zone.web.states import State

AT: Final = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
NAMES: Final = {"fi": "10 käyntiä", "sv": "10 besök", "en": "10 visits"}
ONE: Final = UnpaidVisit(UUID(int=1), "Aino Esimerkki", NAMES, AT, AT + timedelta(hours=5))

STATES: Final = (
    State("unpaid-visits", "none", partial(list_page, [])),
    State("unpaid-visits", "some", partial(list_page, [ONE])),
)
