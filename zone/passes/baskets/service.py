"""Fill a basket, empty it, and order what is in it. Never commits."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.members.people.service import lock_members
from zone.passes.baskets import queries
from zone.passes.baskets.errors import BASKET_EMPTY, BASKET_FULL
from zone.passes.baskets.models import BasketLine, BasketVoucher
from zone.passes.baskets.rules import KEPT, MOST_LINES, read_shown
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import product_by_code
from zone.passes.orders.errors import QUOTE_CHANGED
from zone.passes.orders.models import Order
from zone.passes.orders.rules import WantedLine
from zone.passes.orders.service import place_lines
from zone.passes.quotes.queries import quote_price
from zone.passes.receipts.rules import Seller
from zone.passes.vouchers.queries import voucher_of


def put_in(
    session: Session,
    member_id: int,
    code: str,
    *,
    starts_on: date | None,
    now: datetime,
    seller: Seller,
) -> None:
    """Put a product in a basket, or give the one that is in it another first day.

    Raises:
        DomainError: not_found, basket_full, or as `quotes.queries.quote_price`.
    """
    lock_members(session, [member_id])
    product = product_by_code(session, code)
    quote_price(
        session,
        member_id,
        product,
        starts_on=starts_on,
        now=now,
        seller_vat=seller.charges_vat,
    )
    stored = session.scalar(_line_of(member_id, product.id))
    if stored is not None:
        stored.starts_on, stored.added_at = starts_on, now
    elif queries.basket_size(session, member_id) >= MOST_LINES:
        raise DomainError(BASKET_FULL)
    else:
        session.add(
            BasketLine(
                member_id=member_id, product_id=product.id, starts_on=starts_on, added_at=now
            )
        )
    session.flush()


def take_out(session: Session, member_id: int, code: str) -> None:
    """Take a product out of a basket; one that is not in it is no error."""
    product = select(Product.id).where(Product.code == code).scalar_subquery()
    session.execute(
        delete(BasketLine).where(
            BasketLine.member_id == member_id, BasketLine.product_id == product
        )
    )


def set_code(session: Session, member_id: int, typed: str | None) -> None:
    """Give a discount code for a basket; None takes it out.

    Raises:
        DomainError: voucher_unknown.
    """
    session.execute(delete(BasketVoucher).where(BasketVoucher.member_id == member_id))
    if typed is None:
        return
    row = {"member_id": member_id, "voucher_id": voucher_of(session, typed).id}
    insert_new(session, BasketVoucher, [row], BasketVoucher.member_id)


def order_basket(
    session: Session,
    member_id: int,
    *,
    shown: Sequence[str],
    discount: int | None,
    now: datetime,
    seller: Seller,
) -> Order:
    """Order all that is in a basket, as it was shown, and empty it.

    Raises:
        DomainError: basket_empty, quote_changed, or as `orders.service.place_lines`.
    """
    lock_members(session, [member_id])
    rows = queries.basket_rows(session, member_id)
    if not rows:
        raise DomainError(BASKET_EMPTY)
    seen = read_shown(shown)
    if set(seen) != {product.code for _, product in rows} or discount is None:
        raise DomainError(QUOTE_CHANGED)
    order = place_lines(
        session,
        member_id,
        [
            WantedLine(
                product.code, row.starts_on, seen[product.code].quote, seen[product.code].rights
            )
            for row, product in rows
        ],
        voucher=queries.code_in_basket(session, member_id),
        discount=discount,
        now=now,
        seller=seller,
    )
    session.execute(delete(BasketLine).where(BasketLine.member_id == member_id))
    set_code(session, member_id, None)
    return order


def delete_old(session: Session, now: datetime) -> int:
    """Delete the lines that nobody has ordered for 30 days, and codes of empty baskets."""
    old = delete(BasketLine).where(BasketLine.added_at <= now - KEPT).returning(BasketLine.id)
    deleted = len(session.scalars(old).all())
    left = select(BasketLine.member_id)
    session.execute(delete(BasketVoucher).where(BasketVoucher.member_id.not_in(left)))
    return deleted


def _line_of(member_id: int, product_id: int) -> Select[BasketLine]:
    return select(BasketLine).where(
        BasketLine.member_id == member_id, BasketLine.product_id == product_id
    )
