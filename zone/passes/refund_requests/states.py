"""The states of the page of refunds that wait for a second person, from invented values."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from zone.core.time import from_helsinki
from zone.passes.refund_requests.pages import requests_page
from zone.passes.refund_requests.queries import RefundRequestView
from zone.web.forms import FormState
from zone.web.states import State

NOW: Final = from_helsinki(date(2026, 12, 1), time(16, 22))
ANNA: Final = UUID(int=7)
BERTIL: Final = UUID(int=8)
WAITING: Final = RefundRequestView(
    UUID(int=1),
    UUID(int=2),
    "Opiskelija Esimerkki",
    UUID(int=3),
    14500,
    None,
    "Moved abroad",
    "waiting",
    "Anna Esimerkki",
    ANNA,
    NOW,
    NOW + timedelta(days=14),
    None,
    None,
    None,
)
DECIDED: Final = tuple(
    replace(
        WAITING,
        id=UUID(int=10 + number),
        state=state,
        decided_by="Bertil Exempel",
        decided_at=NOW,
        note="The pass was used every day" if state == "declined" else None,
    )
    for number, state in enumerate(("confirmed", "declined", "retracted", "expired"))
)


def _refused() -> str:
    state = FormState({"note": ""}, errors={"note": ["missing"]})
    return requests_page((WAITING,), (), state, reader=BERTIL, refused=WAITING.id)


_waiting = partial(requests_page, (WAITING,), DECIDED, FormState())
STATES: Final = (
    State("refund-requests", "empty", partial(requests_page, (), (), FormState(), reader=ANNA)),
    State("refund-requests", "to-confirm", partial(_waiting, reader=BERTIL)),
    State("refund-requests", "own", partial(_waiting, reader=ANNA)),
    State("refund-requests", "confirmed", partial(_waiting, reader=ANNA, done="confirmed")),
    State("refund-requests", "refused", _refused),
)
