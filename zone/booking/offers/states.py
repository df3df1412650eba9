"""The page of an offered place in each of its states, with invented data."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Final

from zone.booking.offers.errors import OFFER_ENDED
from zone.booking.offers.pages import offer_page
from zone.booking.offers.queries import OfferView
from zone.booking.timetable.states import KEPT, NOW, TODAY, invented_class
from zone.core.errors import DomainError
from zone.web.states import State


def _page(state: str, refusal: DomainError | None = None) -> str:
    until = NOW + timedelta(minutes=20) if state == "offered" else None
    offer = OfferView(uuid.UUID(int=98), state, until, invented_class(7, TODAY, 15, **KEPT))
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
    State("offer", "refused", lambda: _page("expired", DomainError(OFFER_ENDED))),
)
