"""The page of an offered place in each of its states, with invented data."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Final

from zone.booking.offers.errors import OFFER_ENDED
from zone.booking.offers.pages import offer_page
from zone.booking.offers.queries import OfferView
from zone.booking.timetable.states import KEPT, MINE, NOW, TODAY, invented_class
from zone.core.errors import DomainError
from zone.web.states import State


def _page(
    state: str,
    refusal: DomainError | None = None,
    *,
    state_of_class: str = "scheduled",
    first_right: bool = False,
) -> str:
    until = NOW + timedelta(minutes=20) if state == "offered" else None
    place = MINE if state == "booked" else KEPT
    view = invented_class(7, TODAY, 15, **place, state=state_of_class)
    offer = OfferView(uuid.UUID(int=98), state, until, view, first_right)
    return offer_page(offer, NOW, refusal)


STATES: Final = (
    *(
        State("offer", name, partial(_page, state))
        for name, state in (
            ("open", "offered"),
            ("taken", "booked"),
            ("declined", "declined"),
            ("over", "expired"),
            ("not-yet", "waiting"),
        )
    ),
    State("offer", "first-right", lambda: _page("offered", first_right=True)),
    State("offer", "cancelled", lambda: _page("removed", state_of_class="cancelled")),
    State("offer", "refused", lambda: _page("expired", DomainError(OFFER_ENDED))),
)
