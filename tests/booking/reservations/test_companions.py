"""How many companions a pass lets its holder bring in a day."""

from tests.booking.reservations.test_reservations import at, people, with_rules
from tests.world.booking import NOW, World
from tests.world.conditions import set_conditions
from tests.world.courts import book, reasons
from zone.passes.entitlements.rules import Conditions


def test_companions_are_limited_by_the_passes_in_a_day(world: World) -> None:
    for court in (world.court_1, world.court_2):
        with_rules(court, companions=3)
    set_conditions(world.product, Conditions(companions=2))
    (anna,) = people(world, 1)
    assert reasons(anna, world.court_1, at(12), now=NOW, companions=3) == ["too_many_companions"]
    assert book(anna, world.court_1, at(12), now=NOW, companions=1).companions == 1
    assert reasons(anna, world.court_2, at(15), now=NOW, companions=2) == ["too_many_companions"]
    assert book(anna, world.court_2, at(15), now=NOW, companions=1).companions == 1
