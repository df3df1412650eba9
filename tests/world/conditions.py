"""Products whose passes can be used at some hours only, or give more, for tests."""

from zone.core.db.transactions import writing
from zone.passes.catalogue.models import Product
from zone.passes.entitlements.rules import Conditions, UseHours
from zone.passes.entitlements.service import set_entitlements

WEEKDAYS = (1, 2, 3, 4, 5)


def until(hour: int) -> Conditions:
    """Return conditions: from Monday to Friday until an hour of the day."""
    return Conditions((UseHours(WEEKDAYS, 0, hour * 60),))


def set_conditions(product: int, conditions: Conditions) -> None:
    """Set what the passes of a product give that are sold from now on."""
    with writing() as session:
        set_entitlements(session, session.get_one(Product, product), conditions)
