"""Discount codes for tests."""

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.world.checkout import A_SELLER, PROVIDER
from tests.world.shop import NOW
from zone.core.db.transactions import reading, writing
from zone.passes.orders.rules import WantedLine
from zone.passes.orders.service import place_lines
from zone.passes.payments import service as payments
from zone.passes.vouchers import service
from zone.passes.vouchers.invariants import count_wrong_vouchers
from zone.passes.vouchers.models import Voucher

CODE = "SPRING-26"


def a_voucher(code: str = CODE, *, until: date | None = None, **values: Any) -> None:
    """Add a code: by default 10 %, once, for all products."""
    given = {"percent_bp": 1000, "cents": None, "most_uses": 1, "products": []} | values
    with writing() as session:
        service.add_voucher(
            session,
            name=code,
            code=code,
            valid_from=date(2020, 1, 1),
            valid_until=until,
            now=NOW,
            **given,
        )


def ordered_with(
    member_id: int, *products: str, voucher: str | None = CODE, now: Any = NOW, **more: Any
) -> int:
    """The id of an order of products with a code, whose payment was started."""
    with writing() as session:
        wanted = [WantedLine(product) for product in products or ("term",)]
        order = place_lines(
            session, member_id, wanted, voucher=voucher, now=now, seller=A_SELLER, **more
        )
        payments.create_payment(session, order, PROVIDER.name, now, A_SELLER)
        return order.id


def uses(code: str = CODE) -> int:
    """How often a code is used, by its counter, which agrees with the ledger."""
    with reading() as session:
        assert count_wrong_vouchers(session, NOW) == 0
        return session.scalars(select(Voucher.uses).where(Voucher.code == code)).one()
