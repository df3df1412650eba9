"""A bundle for tests."""

from datetime import date

from zone.core.db.transactions import writing
from zone.passes.bundles.rules import NewPart
from zone.passes.bundles.service import set_parts
from zone.passes.catalogue import service as catalogue

PARTS = (NewPart("gym", 1500), NewPart("term", 4500), NewPart("visit", 500, counts=False))


def a_bundle(code: str = "both", *parts: NewPart, cents: int = 5000) -> None:
    """Add a bundle of products with a price for students; by default of three kinds."""
    with writing() as session:
        names = (f"{code} (fi)", f"{code} (sv)", f"{code} (en)")
        product = catalogue.set_product(
            session, code=code, kind="bundle", names=names, entitlements=(), length_days=None
        )
        set_parts(session, product, parts or PARTS)
        catalogue.set_price(session, code, role="student", cents=cents, valid_from=date(2020, 1, 1))
