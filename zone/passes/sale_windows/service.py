"""Set when a product is sold, as a manager. Never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.queries import product_by_code
from zone.passes.sale_windows.errors import WINDOW_ORDER
from zone.passes.sale_windows.models import SaleWindow


def add_window(
    session: Session,
    actor: Actor,
    code: str,
    *,
    opens_at: datetime,
    closes_at: datetime | None,
    now: datetime,
) -> SaleWindow:
    """Add a time in which a product is sold, and audit it.

    Raises:
        DomainError: forbidden, not_found, window_order, window_exists.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    product = product_by_code(session, code)
    if closes_at is not None and closes_at <= opens_at:
        raise DomainError(WINDOW_ORDER)
    window = SaleWindow(product_id=product.id, opens_at=opens_at, closes_at=closes_at)
    session.add(window)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="product.sale",
        object_kind="product",
        object_id=code,
        after=_values(window),
        now=now,
    )
    return window


def remove_window(
    session: Session, actor: Actor, code: str, opens_at: datetime, now: datetime
) -> None:
    """Remove the window of a product that opens at an instant, and audit it.

    Raises:
        DomainError: forbidden; not_found: no such product or window.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    product = product_by_code(session, code)
    window = session.scalar(
        select(SaleWindow).where(
            SaleWindow.product_id == product.id, SaleWindow.opens_at == opens_at
        )
    )
    if window is None:
        raise DomainError(NOT_FOUND)
    before = _values(window)
    session.delete(window)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="product.sale",
        object_kind="product",
        object_id=code,
        before=before,
        after={"opens_at": None},
        now=now,
    )


def _values(window: SaleWindow) -> dict[str, str | None]:
    return {
        "opens_at": window.opens_at.isoformat(),
        "closes_at": None if window.closes_at is None else window.closes_at.isoformat(),
    }
