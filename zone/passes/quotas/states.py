"""The states of the managers' page of quotas, from invented values."""

from functools import partial
from typing import Final

from zone.passes.quotas.pages import quotas_page
from zone.passes.quotas.queries import QuotaView
from zone.web.forms import FormState
from zone.web.states import State

FULL: Final = QuotaView("camp", "Camp in July", 40, 40, 30, ["camp"], 2)
SOME: Final = QuotaView("sports-30", "Passes of 30 days", 300, 12, 60, ["sports-30", "gym"], 1)
PRODUCTS: Final = (("camp", "Camp"), ("gym", "Gym"), ("sports-30", "Sports pass, 30 days"))

STATES: Final = (
    State("quotas", "none", partial(quotas_page, [], None, (), FormState({}))),
    State("quotas", "some", partial(quotas_page, [FULL, SOME], None, PRODUCTS, FormState({}))),
    State(
        "quotas",
        "one-saved",
        partial(
            quotas_page,
            [FULL, SOME],
            FULL,
            PRODUCTS,
            FormState({"name": FULL.name, "places": 40, "products": ["camp"], "version": 2}),
            done=True,
        ),
    ),
)
