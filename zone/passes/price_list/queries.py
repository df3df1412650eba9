"""The whole price list of a day, by customer group."""

from datetime import date

from sqlalchemy.orm import Session

from zone.passes.shop.queries import price_lists
from zone.passes.shop.views import RolePrices
from zone.places.campuses.queries import campuses


def price_list_on(session: Session, day: date) -> list[RolePrices]:
    """Return what each role pays on a day and later, and at which institutions and campuses."""
    names = {campus.code: campus.name for campus in campuses(session)}
    return price_lists(session, names, day, coming=True)
