"""The states of the price list, from invented values."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from zone.passes.catalogue.views import ListedPrice
from zone.passes.price_list.pages import list_page, manage_page
from zone.passes.shop.views import (
    ComingPrice,
    PriceLine,
    RegionalAdmission,
    RoleName,
    RolePrices,
)
from zone.web.states import State

DAY: Final = date(2026, 12, 1)
NEW_YEAR: Final = date(2027, 1, 1)
SUMMER: Final = {"fi": "Kesäpassi", "sv": "Sommarkort", "en": "Summer pass"}
GYM: Final = {"fi": "Kuntosalipassi", "sv": "Gymkort", "en": "Gym pass"}
BOTH_NAMES: Final = {"fi": "Paketti", "sv": "Paket", "en": "Bundle"}
ALL: Final = {"fi": "Liikuntapassi", "sv": "Motionskort", "en": "Sports pass"}


NORTH: Final = RegionalAdmission({"fi": "Pohjoinen", "sv": "Norr", "en": "The north"}, ["Humak"])


def _role(role: RoleName, times: int, campuses: Sequence[str] = ()) -> RolePrices:
    opens = ["gym", "class", "court"]
    lines = [
        PriceLine(
            ListedPrice("term", ALL, opens, [], 4500 * times, ""),
            [],
            [],
            coming=[ComingPrice(NEW_YEAR, 4900 * times)],
        ),
        PriceLine(
            ListedPrice("term", ALL, opens, [], 3900 * times, "owners"),
            ["Arcada"],
            [],
            coming=[
                ComingPrice(NEW_YEAR, 4200 * times, ["Arcada", "Humak"]),
                ComingPrice(date(2027, 8, 1), None),
            ],
        ),
        PriceLine(
            ListedPrice("both", BOTH_NAMES, opens, [], 5000 * times, "", parts=(ALL, GYM)), [], []
        ),
        PriceLine(ListedPrice("gym", GYM, ["gym"], [], 1500 * times, "", "days", 30), [], campuses),
        PriceLine(
            ListedPrice("summer", SUMMER, ["gym"], [], 2500 * times, "", "summer"),
            [],
            [],
            sold_from=date(2027, 4, 1),
        ),
    ]
    return RolePrices(role, lines, ["Arcada", "Metropolia"], [NORTH])


BOTH: Final = (_role("student", 1, ["Arcada Arabia"]), _role("staff", 2))

STATES: Final = (
    State("price-list", "none", partial(list_page, [], DAY)),
    State("price-list", "some", partial(list_page, BOTH, DAY)),
    State("price-list", "of-a-day", partial(manage_page, BOTH, DAY)),
    State("price-list", "of-a-day-without-sale", partial(manage_page, [], DAY)),
)
