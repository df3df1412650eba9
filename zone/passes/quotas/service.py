"""Take, keep and free places of quotas, and set quotas up as a manager. Never commits.

Lock order: member, product, quota by id, then places. Who frees a place locks it before its quota;
nobody who holds a quota waits for a place of another order.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session, aliased

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import write_recorded
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.catalogue.queries import product_by_code
from zone.passes.orders.models import OrderLine
from zone.passes.payments.models import RefundLine
from zone.passes.quotas import queries
from zone.passes.quotas.errors import QUOTA_TAKEN, SOLD_OUT
from zone.passes.quotas.models import Quota, QuotaPlace, QuotaProduct

FREED_AT_ONCE: Final = 500
"""How many places the job frees in one transaction."""

_TAKE: Final = (
    update(Quota)
    # Condition and increment in one statement: of two who take the last place one finds no row.
    .where(Quota.id == bindparam("quota"), Quota.taken < Quota.places)
    .values(taken=Quota.taken + 1)
    .returning(Quota.id)
    .execution_options(synchronize_session=False)
)
_FREE: Final = (
    update(Quota)
    .where(Quota.id == bindparam("quota"))
    .values(taken=Quota.taken - 1)
    .execution_options(synchronize_session=False)
)


def take_places(session: Session, order_id: int, now: datetime) -> None:
    """Take the places that the lines of an order need; those that it has already it keeps.

    An unpaid order holds them for the minutes of each quota. Called last before the commit: others
    who want the last places wait for it.

    Raises:
        DomainError: sold_out.
    """
    for line_id, quota_id, minutes in _places_needed(session, order_id):
        row = {
            "quota_id": quota_id,
            "order_line_id": line_id,
            "taken_at": now,
            "held_until": now + timedelta(minutes=minutes),
            "freed_at": None,
        }
        # The place before the counter: of two requests for one order one gets a row, and counts.
        if not _write_place(session, row):
            continue
        if not _take(session, quota_id):
            raise DomainError(SOLD_OUT)


def _take(session: Session, quota_id: int) -> bool:
    return session.execute(_TAKE, {"quota": quota_id}).first() is not None


def _write_place(session: Session, row: dict[str, Any]) -> bool:
    if insert_new(session, QuotaPlace, [row], QuotaPlace.id):
        return True
    again = (
        update(QuotaPlace)
        .where(
            QuotaPlace.order_line_id == row["order_line_id"],
            QuotaPlace.quota_id == row["quota_id"],
            QuotaPlace.freed_at.is_not(None),
        )
        .values(taken_at=row["taken_at"], held_until=row["held_until"], freed_at=None)
        .returning(QuotaPlace.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(again).first() is not None


def keep_places(session: Session, order_id: int, now: datetime) -> bool:
    """Keep the places of an order for good, as it is paid; return False when they are gone.

    A payment may arrive after its places were freed: then they are taken again while there are any.
    """
    try:
        # All or none: an order of two quotas must not keep one when the other is sold out.
        with session.begin_nested():
            # First, so that the job that frees places waits, and finds none to free.
            kept = (
                update(QuotaPlace)
                .where(
                    QuotaPlace.order_line_id.in_(_lines_of(order_id)),
                    QuotaPlace.freed_at.is_(None),
                )
                .values(held_until=None)
                .execution_options(synchronize_session=False)
            )
            session.execute(kept)
            take_places(session, order_id, now)
            session.execute(kept)
    except DomainError:
        return False
    return True


def free_places(session: Session, order_id: int, now: datetime) -> int:
    """Free the places of an order, such as of one that has expired; return how many."""
    return _free(session, now, QuotaPlace.order_line_id.in_(_lines_of(order_id)))


def free_places_of(session: Session, line_ids: Collection[int], now: datetime) -> int:
    """Free the places of lines of an order whose passes a refund has ended; return how many.

    The place of a bundle as a whole is freed with its last part.
    """
    bundles = select(OrderBundleLine.order_bundle_id).where(
        OrderBundleLine.order_line_id.in_(line_ids)
    )
    part = aliased(OrderBundleLine)
    has_ended = exists().where(RefundLine.order_line_id == part.order_line_id, RefundLine.ends_pass)
    lasting = select(part.order_bundle_id).where(~has_ended)
    of_ended_bundles = select(OrderBundleLine.order_line_id).where(
        OrderBundleLine.order_bundle_id.in_(bundles),
        OrderBundleLine.order_bundle_id.not_in(lasting),
    )
    own = exists().where(
        OrderLine.id == QuotaPlace.order_line_id,
        QuotaProduct.product_id == OrderLine.product_id,
        QuotaProduct.quota_id == QuotaPlace.quota_id,
    )
    in_bundle = exists().where(OrderBundleLine.order_line_id == QuotaPlace.order_line_id)
    of_line = and_(QuotaPlace.order_line_id.in_(line_ids), or_(own, ~in_bundle))
    return _free(session, now, or_(of_line, QuotaPlace.order_line_id.in_(of_ended_bundles)))


def free_places_due(session: Session, now: datetime) -> int:
    """Free places of orders that were not paid in time, some hundreds at once; return how many."""
    due = (
        select(QuotaPlace.id)
        .where(QuotaPlace.freed_at.is_(None), QuotaPlace.held_until <= now)
        .order_by(QuotaPlace.id)
        .limit(FREED_AT_ONCE)
        # Skip, not wait: a payment that is just being granted keeps its place.
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    return _free(session, now, QuotaPlace.id.in_(ids)) if ids else 0


def _free(session: Session, now: datetime, which: Any) -> int:
    freed = session.scalars(
        update(QuotaPlace)
        .where(which, QuotaPlace.freed_at.is_(None))
        .values(freed_at=now)
        .returning(QuotaPlace.quota_id)
        .execution_options(synchronize_session=False)
    ).all()
    for quota_id in sorted(freed):
        session.execute(_FREE, {"quota": quota_id})
    return len(freed)


def _lines_of(order_id: int) -> Any:
    return select(OrderLine.id).where(OrderLine.order_id == order_id)


def _places_needed(session: Session, order_id: int) -> Sequence[Row[int, int, int]]:
    """Return line, quota and minutes of each place that an order still needs."""
    return session.execute(_needed(), {"order_id": order_id}).all()


@cache
def _needed() -> Select[int, int, int]:
    """Select the places that an order still needs; built once, as that takes 3 ms."""
    order_id = bindparam("order_id", type_=OrderLine.order_id.type)
    wanted = union(
        select(OrderLine.id.label("line_id"), QuotaProduct.quota_id)
        .join(QuotaProduct, QuotaProduct.product_id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id),
        # A bundle takes a place of its own at its first line, unless a part takes one for it.
        select(func.min(OrderBundleLine.order_line_id), QuotaProduct.quota_id)
        .select_from(OrderBundle)
        .join(OrderBundleLine, OrderBundleLine.order_bundle_id == OrderBundle.id)
        .join(QuotaProduct, QuotaProduct.product_id == OrderBundle.product_id)
        .where(OrderBundle.order_id == order_id, ~_is_needed_by_a_part())
        .group_by(OrderBundle.id, QuotaProduct.quota_id),
    ).subquery()
    has_place = exists().where(
        QuotaPlace.order_line_id == wanted.c.line_id,
        QuotaPlace.quota_id == wanted.c.quota_id,
        QuotaPlace.freed_at.is_(None),
    )
    return (
        select(wanted.c.line_id, wanted.c.quota_id, Quota.hold_minutes)
        .join(Quota, Quota.id == wanted.c.quota_id)
        .where(~has_place)
        # By quota, as everybody: two orders of the same quotas cannot deadlock.
        .order_by(wanted.c.quota_id, wanted.c.line_id)
    )


def _is_needed_by_a_part() -> ColumnElement[bool]:
    part, line, of_part = aliased(OrderBundleLine), aliased(OrderLine), aliased(QuotaProduct)
    return exists().where(
        part.order_bundle_id == OrderBundle.id,
        line.id == part.order_line_id,
        of_part.product_id == line.product_id,
        of_part.quota_id == QuotaProduct.quota_id,
    )


def save_quota(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name: str,
    places: int,
    hold_minutes: int,
    products: Iterable[str],
    version: int | None,
    now: datetime,
) -> Quota:
    """Add a quota, or change the one that was read as `version`, and audit it.

    Orders that are placed already keep what they have.

    Raises:
        DomainError: forbidden; not_found: no such product; quota_taken; edited_meanwhile.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    quota = session.scalar(select(Quota).where(Quota.code == code).with_for_update())
    before = queries.editable_values(session, quota) if quota else None
    after = {
        "name": name,
        "places": places,
        "hold_minutes": hold_minutes,
        "products": sorted(set(products)),
    }
    if quota is not None and before is not None:
        if before == after:
            return quota
        if version != quota.version:
            changed = [key for key, value in before.items() if after[key] != value]
            raise edited_meanwhile(quota.version, changed)
        if places < quota.taken:
            raise DomainError(QUOTA_TAKEN)
    quota = set_quota(
        session,
        code,
        name=name,
        places=places,
        hold_minutes=hold_minutes,
        products=products,
    )
    record_action(
        session,
        actor_id=actor.id,
        action="quota.change" if before else "quota.create",
        object_kind="quota",
        object_id=code,
        before=before,
        after=after,
        now=now,
    )
    return quota


def set_quota(
    session: Session,
    code: str,
    *,
    name: str,
    places: int,
    hold_minutes: int,
    products: Iterable[str],
) -> Quota:
    """Add a quota, or change the one with that code, without an audit row.

    Raises:
        DomainError: not_found: no such product.
    """
    ids = [product_by_code(session, one).id for one in sorted(set(products))]
    stored = session.scalar(select(Quota).where(Quota.code == code))
    quota = stored or Quota(code=code, taken=0, version=0)
    of_quota = QuotaProduct.quota_id == quota.id
    known = session.scalars(select(QuotaProduct.product_id).where(of_quota)).all()
    quota.name, quota.places, quota.hold_minutes = name, places, hold_minutes
    # The example is written at each start of the demo: what is as it was stays the same version.
    if session.is_modified(quota) or sorted(known) != sorted(ids):
        quota.version += 1
    session.add(quota)
    session.flush()
    left_out = delete(QuotaProduct).where(
        QuotaProduct.quota_id == quota.id, QuotaProduct.product_id.not_in(ids)
    )
    write_recorded(session, left_out)
    new = set(ids) - set(known)
    session.add_all(QuotaProduct(quota_id=quota.id, product_id=one) for one in sorted(new))
    session.flush()
    return quota
