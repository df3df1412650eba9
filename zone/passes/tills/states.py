"""The states of the pages of tills, from invented values."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Final

from zone.core.time import helsinki_date
from zone.passes.orders.states import NOW
from zone.passes.tills.pages import till_page, tills_page
from zone.passes.tills.queries import ClosedDay, MoneyMove, OpenDay, TillView
from zone.passes.tills.rules import CountRow
from zone.web.forms import FormState
from zone.web.states import State

_ID: Final = uuid.UUID(int=1)
_YESTERDAY: Final = NOW - timedelta(days=1)
_BY: Final = "Tiina Tiskillä"
CAMPUSES: Final = (("myllypuro", "Myllypuro"), ("myyrmaki", "Myyrmäki"))
OPEN: Final = OpenDay(
    _ID,
    helsinki_date(NOW),
    NOW,
    _BY,
    10_000,
    {"cash": 14_500, "card_terminal": 9_000},
    (MoneyMove(NOW, 5_000, "Vaihtorahaa pankista", _BY),),
    4,
    left_open=False,
)
LEFT: Final = OpenDay(
    _ID, helsinki_date(_YESTERDAY), _YESTERDAY, _BY, 10_000, {"cash": 10_000}, (), 0, left_open=True
)
CLOSED: Final = ClosedDay(
    _ID,
    helsinki_date(_YESTERDAY),
    _YESTERDAY,
    _BY,
    10_000,
    (
        CountRow("cash", 14_500, 14_450, "50 senttiä puuttuu"),
        CountRow("card_terminal", 9_000, 9_000, ""),
    ),
)
TILL: Final = TillView("myllypuro-1", "Tiski", "Myllypuro", OPEN, 14_450, "M1")

STATES: Final = (
    State("tills", "none", partial(tills_page, (), CAMPUSES, FormState())),
    State(
        "tills",
        "some",
        partial(
            tills_page,
            (TILL, TillView("myyrmaki-1", "Tiski", "Myyrmäki", LEFT, None)),
            CAMPUSES,
            FormState(),
        ),
    ),
    State("till", "open", partial(till_page, TILL, (CLOSED,), FormState())),
    State(
        "till",
        "left-open",
        partial(till_page, TillView("m-1", "Tiski", "Myyrmäki", LEFT, None), (), FormState()),
    ),
    State(
        "till",
        "closed",
        partial(
            till_page,
            TillView("m-1", "Tiski", "Myyrmäki", None, 14_450),
            (CLOSED,),
            FormState(),
            done="closed",
        ),
    ),
)
