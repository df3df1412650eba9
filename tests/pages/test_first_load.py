"""A first visit is light: at most 6 requests and 80 KiB, and 70 KiB for the pass."""

from typing import Final

import pytest

from tests.pages.test_rendered_forms import PAGES, Tour, visit
from zone.bench.first_load import FirstLoad, first_load
from zone.demo import tour
from zone.demo.tour import TourPage

__all__ = ["visit"]
pytestmark = pytest.mark.engines("sqlite")

MOST_REQUESTS: Final = 6
MOST_KIB: Final = 80
MOST_KIB_OF_THE_PASS: Final = 70
PASS: Final = "access_pass_page_pages.show"


def too_much(load: FirstLoad, most_kib: int) -> list[str]:
    found = []
    if len(load.addresses) > MOST_REQUESTS:
        found.append(f"{len(load.addresses)} requests: {', '.join(load.addresses)}")
    if load.kib > most_kib:
        found.append(f"{load.addresses[0]}: {load.kib:.0f} KiB")
    return found


def pass_page() -> TourPage:
    return next(stop for stop in PAGES if stop.endpoint == PASS)


def loaded(visit: Tour, stop: TourPage, weights: dict[str, int]) -> FirstLoad:
    address = tour.address_of(visit.app, stop, visit.settings.base_url)
    return first_load(
        visit.clients[stop.reader], address.removeprefix(visit.settings.base_url), weights
    )


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_page_is_light_at_a_first_visit(visit: Tour, every: int) -> None:
    weights: dict[str, int] = {}
    pages = {stop.endpoint: stop for stop in (*PAGES[::every], pass_page())}
    faults = [
        fault
        for stop in pages.values()
        for fault in too_much(
            loaded(visit, stop, weights),
            MOST_KIB_OF_THE_PASS if stop.endpoint == PASS else MOST_KIB,
        )
    ]
    assert faults == []


@pytest.mark.planted_fault("a page with a script too many, and one with a large picture")
def test_a_heavy_page_is_found() -> None:
    assert too_much(FirstLoad([str(number) for number in range(7)], 1), MOST_KIB) != []
    assert too_much(FirstLoad(["/"], 90_000), MOST_KIB) != []
