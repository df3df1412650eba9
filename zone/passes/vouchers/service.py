"""Make, end, use and free discount codes. Never commits.

Lock order: member, product, quota, then the code; who frees a use has locked its order.
"""

from collections.abc import Iterable
from datetime import date, datetime
from random import SystemRandom
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.queries import product_by_code
from zone.passes.vouchers import queries
from zone.passes.vouchers.errors import VOUCHER_CLOSED, VOUCHER_UNKNOWN, VOUCHER_USED_UP
from zone.passes.vouchers.models import Voucher, VoucherProduct, VoucherUse
from zone.passes.vouchers.rules import (
    ALPHABET,
    CODE_LENGTH,
    digest_of,
    normalized_code,
)

_chance: Final = SystemRandom()
_TAKE: Final = (
    update(Voucher)
    # Condition and increment in one statement: of many who take the last use one finds a row.
    .where(Voucher.id == bindparam("voucher"), Voucher.uses < Voucher.most_uses)
    .values(uses=Voucher.uses + 1)
    .returning(Voucher.id)
    .execution_options(synchronize_session=False)
)
_FREE: Final = (
    update(Voucher)
    .where(Voucher.id == bindparam("voucher"))
    .values(uses=Voucher.uses - 1)
    .execution_options(synchronize_session=False)
)


def take_use(session: Session, typed: str, order_id: int, now: datetime) -> None:
    """Take a use of a code for an order that was just placed. Others who want it wait from here.

    Raises:
        DomainError: voucher_unknown, voucher_closed, voucher_used_up.
    """
    voucher = queries.voucher_of(session, typed)
    row = {"voucher_id": voucher.id, "order_id": order_id, "taken_at": now, "freed_at": None}
    insert_new(session, VoucherUse, [row], VoucherUse.id)
    if not _take(session, voucher.id):
        raise DomainError(VOUCHER_USED_UP)
    session.refresh(voucher)
    if not queries.terms_of(session, voucher).is_open(helsinki_date(now)):
        raise DomainError(VOUCHER_CLOSED)


def _take(session: Session, voucher_id: int) -> bool:
    return session.execute(_TAKE, {"voucher": voucher_id}).first() is not None


def keep_use(session: Session, order_id: int) -> bool:
    """Take the use of an order again if it was freed, as the order is paid; False: none is left."""
    again = (
        update(VoucherUse)
        .where(VoucherUse.order_id == order_id, VoucherUse.freed_at.is_not(None))
        .values(freed_at=None)
        .returning(VoucherUse.voucher_id)
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():  # a use that nobody counts must not stay
            voucher_id = session.scalar(again)
            if voucher_id is not None and not _take(session, voucher_id):
                raise DomainError(VOUCHER_USED_UP)
    except DomainError:
        return False
    return True


def free_use(session: Session, order_id: int, now: datetime) -> int:
    """Free the use of an order, such as of one that was refunded or not paid; return how many."""
    freed = session.scalars(
        update(VoucherUse)
        .where(VoucherUse.order_id == order_id, VoucherUse.freed_at.is_(None))
        .values(freed_at=now)
        .returning(VoucherUse.voucher_id)
        .execution_options(synchronize_session=False)
    ).all()
    for voucher_id in freed:
        session.execute(_FREE, {"voucher": voucher_id})
    return len(freed)


def create_voucher(
    session: Session,
    actor: Actor,
    *,
    name: str,
    code: str | None,
    percent_bp: int | None,
    cents: int | None,
    most_uses: int,
    products: Iterable[str],
    valid_from: date,
    valid_until: date | None,
    now: datetime,
) -> Voucher:
    """Make a discount code, and audit it; without `code` it gets one that nobody guesses.

    Raises:
        DomainError: forbidden; not_found: no such product; voucher_exists, when the row is written.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    voucher = add_voucher(
        session,
        name=name,
        code=code,
        percent_bp=percent_bp,
        cents=cents,
        most_uses=most_uses,
        products=products,
        valid_from=valid_from,
        valid_until=valid_until,
        now=now,
        created_by=actor.id,
    )
    after = {
        "name": name,
        "percent_bp": percent_bp,
        "cents": cents,
        "most_uses": most_uses,
        "products": sorted(set(products)),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    record_action(
        session,
        actor_id=actor.id,
        action="voucher.create",
        object_kind="voucher",
        object_id=voucher.code,
        after=after,
        now=now,
    )
    return voucher


def add_voucher(
    session: Session,
    *,
    name: str,
    code: str | None,
    percent_bp: int | None,
    cents: int | None,
    most_uses: int,
    products: Iterable[str],
    valid_from: date,
    valid_until: date | None,
    now: datetime,
    created_by: int | None = None,
) -> Voucher:
    """Add a discount code without an audit row.

    Raises:
        DomainError: not_found: no such product; voucher_unknown: nothing is left of the code;
            voucher_exists, when the row is written.
    """
    written = code or "".join(_chance.choice(ALPHABET) for _ in range(CODE_LENGTH))
    if not normalized_code(written):
        raise DomainError(VOUCHER_UNKNOWN)
    ids = [product_by_code(session, one).id for one in sorted(set(products))]
    voucher = Voucher(
        code=written,
        digest=digest_of(written),
        name=name,
        percent_bp=percent_bp,
        cents=cents,
        most_uses=most_uses,
        uses=0,
        valid_from=valid_from,
        valid_until=valid_until,
        created_at=now,
        created_by=created_by,
    )
    session.add(voucher)
    session.flush()
    session.add_all(VoucherProduct(voucher_id=voucher.id, product_id=one) for one in ids)
    session.flush()
    return voucher


def end_voucher(session: Session, actor: Actor, typed: str, now: datetime) -> Voucher:
    """End a discount code, and audit it; orders that were placed with it keep it.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    voucher = session.scalar(
        select(Voucher)
        .where(Voucher.digest == digest_of(typed))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if voucher is None:
        raise DomainError(NOT_FOUND)
    if voucher.ended_at is None:
        voucher.ended_at = now
        session.flush()
        record_action(
            session,
            actor_id=actor.id,
            action="voucher.end",
            object_kind="voucher",
            object_id=voucher.code,
            now=now,
        )
    return voucher
