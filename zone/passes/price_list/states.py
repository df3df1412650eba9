"""The states of the price list, from invented values."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from zone.passes.catalogue.views import ListedPrice
from zone.passes.price_list.pages import list_page, manage_page
from zone.passes.shop.views import PriceLine, RoleName, RolePrices
from zone.web.states import State

DAY: Final = date(2026, 12, 1)
GYM: Final = {"fi": "Kuntosalipassi", "sv": "Gymkort", "en": "Gym pass"}
BOTH_NAMES: Final = {"fi": "Paketti", "sv": "Paket", "en": "Bundle"}
ALL: Final = {"fi": "Liikuntapassi", "sv": "Motionskort", "en": "Sports pass"}


def _role(role: RoleName, times: int, campuses: Sequence[str] = ()) -> RolePrices:
    opens = ["gym", "class", "court"]
    lines = [
        PriceLine(ListedPrice("term", ALL, opens, [], 4500 * times, ""), [], []),
        PriceLine(ListedPrice("term", ALL, opens, [], 3900 * times, "owners"), ["Arcada"], []),
        PriceLine(
            ListedPrice("both", BOTH_NAMES, opens, [], 5000 * times, "", parts=(ALL, GYM)), [], []
        ),
        PriceLine(ListedPrice("gym", GYM, ["gym"], [], 1500 * times, "", "days", 30), [], campuses),
    ]
    return RolePrices(role, lines, ["Arcada", "Metropolia"], ["Humak"])


BOTH: Final = (_role("student", 1, ["Arcada Arabia"]), _role("staff", 2))

STATES: Final = (
    State("price-list", "none", partial(list_page, [], DAY)),
    State("price-list", "some", partial(list_page, BOTH, DAY)),
    State("price-list", "of-a-day", partial(manage_page, BOTH, DAY)),
    State("price-list", "of-a-day-without-sale", partial(manage_page, [], DAY)),
)
