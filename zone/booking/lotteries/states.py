"""The pages of a lottery in each of their states, with an invented draw that recomputes."""

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from zone.booking.lotteries import drawing
from zone.booking.lotteries.errors import LOTTERY_TIMES
from zone.booking.lotteries.pages import lottery_page, manage_page
from zone.booking.lotteries.queries import LotteryView, Ticket
from zone.booking.lotteries.rules import draw_window
from zone.booking.policies.rules import Policy
from zone.booking.timetable.states import NOW, TODAY, invented_class
from zone.core.errors import DomainError
from zone.web.forms import FormState
from zone.web.problems import refusal_messages
from zone.web.states import State

PLACES: Final = 3
CLASS: Final = invented_class(7, TODAY + timedelta(days=2), 17, booked=0)
OPENS_AT: Final = NOW - timedelta(days=2)
DRAWS_AT: Final = NOW + timedelta(minutes=40)
LOTTERY: Final = str(uuid.UUID(int=96))
SEED: Final = drawing.make_seed(b"an invented secret", LOTTERY)
TERMS: Final = drawing.terms_of(LOTTERY, str(CLASS.id), OPENS_AT, DRAWS_AT)
TICKETS: Final = [str(uuid.UUID(int=10**30 * number + 7)) for number in range(1, 7)]
ANNOUNCED: Final = LotteryView(
    id=LOTTERY,
    session=str(CLASS.id),
    name=CLASS.name,
    starts_at=CLASS.starts_at,
    opens_at=OPENS_AT,
    draws_at=DRAWS_AT,
    terms=TERMS,
    commitment=drawing.commitment_of(SEED, TERMS),
    state="announced",
    entries=[Ticket(ticket, "entered") for ticket in TICKETS],
    withdrawn=[],
)
DRAWN: Final = replace(
    ANNOUNCED,
    state="drawn",
    entries=[
        Ticket(ticket, "won" if place < PLACES else "lost")
        for place, ticket in enumerate(drawing.drawn_order(SEED, TICKETS))
    ],
    withdrawn=[str(uuid.UUID(int=10**30 * 7))],
    seed=SEED.hex(),
    digest=drawing.digest_of(TICKETS),
    places=PLACES,
    ended_at=DRAWS_AT,
)
CALLED_OFF: Final = replace(
    ANNOUNCED,
    state="called_off",
    entries=[Ticket(ticket, "called_off") for ticket in TICKETS],
    reason="The hall is smaller than planned",
    ended_at=NOW,
)


def _manage(*lotteries: LotteryView, refusal: DomainError | None = None, late: bool = False) -> str:
    state = FormState(messages=tuple(refusal_messages(refusal)))
    now = DRAWS_AT + timedelta(minutes=5) if late else NOW
    window = draw_window(CLASS.starts_at, Policy())
    return manage_page(CLASS, list(lotteries), state, window, now)


def _refused() -> str:
    first, last = draw_window(CLASS.starts_at, Policy())
    return _manage(refusal=DomainError(LOTTERY_TIMES, params={"first": first, "last": last}))


STATES: Final = (
    State("lottery", "announced", lambda: lottery_page(ANNOUNCED, NOW, TICKETS[2])),
    State("lottery", "nobody-yet", lambda: lottery_page(replace(ANNOUNCED, entries=[]), NOW)),
    State("lottery", "drawn", lambda: lottery_page(DRAWN, NOW, TICKETS[2])),
    State("lottery", "called-off", lambda: lottery_page(CALLED_OFF, NOW)),
    State("lottery", "overdue", lambda: lottery_page(ANNOUNCED, DRAWS_AT + timedelta(hours=1))),
    State("manage-lottery", "none", _manage),
    State("manage-lottery", "announced", partial(_manage, ANNOUNCED)),
    State("manage-lottery", "stopped", partial(_manage, ANNOUNCED, late=True)),
    State("manage-lottery", "ended", partial(_manage, CALLED_OFF)),
    State("manage-lottery", "refused", _refused),
)
