"""Refunds that wait for a second person, and those that were decided."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from zone.core.errors import NOT_FOUND, DomainError
from zone.members.people.models import Member
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment, Refund, RefundLine
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    PaymentComparison,
)
from zone.passes.refund_requests.models import RefundDecision, RefundRequest
from zone.passes.refund_requests.rules import request_state

MOST_SHOWN: Final = 100
_OPEN: Final = ~(
    exists().where(RefundDecision.request_id == RefundRequest.id).correlate(RefundRequest)
)


@dataclass(frozen=True, slots=True)
class RefundRequestView:
    """A refund that somebody has asked for. `state`: waiting, confirmed, declined, retracted or
    expired.
    """

    id: uuid.UUID
    order_id: uuid.UUID
    buyer: str
    buyer_id: uuid.UUID
    cents: int
    method: str | None
    reason: str
    state: str
    requested_by: str
    requested_by_id: uuid.UUID
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


def request_row(session: Session, request_id: uuid.UUID) -> RefundRequest:
    """Return a request.

    Raises:
        DomainError: not_found.
    """
    row = session.scalar(select(RefundRequest).where(RefundRequest.public_id == request_id))
    if row is None:
        raise DomainError(NOT_FOUND)
    return row


def is_open(session: Session, request_id: int) -> bool:
    """Return whether a request has no decision yet; it may be too late for one."""
    made = select(RefundDecision.id).where(RefundDecision.request_id == request_id)
    return session.scalar(made) is None


def open_request(session: Session, order_id: int, now: datetime) -> int | None:
    """Return the request of an order that waits for a second person."""
    waits = (RefundRequest.order_id == order_id, RefundRequest.expires_at > now, _OPEN)
    return session.scalar(select(RefundRequest.id).where(*waits).limit(1))


def overdue_requests(session: Session, now: datetime) -> list[int]:
    """Return the requests whose time is over and that have no decision yet, the oldest first."""
    return list(
        session.scalars(
            select(RefundRequest.id)
            .where(RefundRequest.expires_at <= now, _OPEN)
            .order_by(RefundRequest.id)
        )
    )


def given_back_alone(session: Session, order_id: int) -> int:
    """Return how much of an order staff have given back without a second person.

    With what was paid too much and went back. What its buyer got by withdrawing from it is by the
    rules, and does not count.
    """
    confirmed = exists().where(RefundDecision.refund_id == Refund.id)
    has_lines = exists().where(RefundLine.refund_id == Refund.id)
    total = session.scalar(
        select(func.coalesce(func.sum(Refund.cents), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.order_id == order_id,
            Refund.recorded_by != Order.member_id,
            has_lines,
            ~confirmed,
        )
    )
    return int(total or 0) + _surplus_alone(session, order_id)


def _surplus_alone(session: Session, order_id: int) -> int:
    confirmed = exists().where(DifferenceFixDecision.fix_id == DifferenceFix.id)
    total = session.scalar(
        select(func.coalesce(func.sum(DifferenceFix.cents_back), 0))
        .join(PaymentComparison, PaymentComparison.public_id == DifferenceFix.difference)
        .join(Payment, Payment.id == PaymentComparison.payment_id)
        .where(Payment.order_id == order_id, ~confirmed)
    )
    return int(total or 0)


def waiting_requests(session: Session, now: datetime) -> list[RefundRequestView]:
    """Return the refunds that wait for a second person, the oldest first."""
    rows = _views(session, now, RefundRequest.expires_at > now, _OPEN)
    return rows[::-1]


def decided_requests(session: Session, now: datetime) -> list[RefundRequestView]:
    """Return the newest refunds that do not wait any more."""
    return [one for one in _views(session, now) if one.state != "waiting"]


def requests_of(session: Session, order_id: int, now: datetime) -> list[RefundRequestView]:
    """Return the requests of an order, the newest first."""
    return _views(session, now, RefundRequest.order_id == order_id)


def request_view(session: Session, request_id: uuid.UUID, now: datetime) -> RefundRequestView:
    """Return a request as people read it."""
    (view,) = _views(session, now, RefundRequest.public_id == request_id)
    return view


def count_waiting(now: datetime) -> Select[int]:
    """Return the SELECT of how many refunds wait for a second person."""
    waits = select(func.count()).where(RefundRequest.expires_at > now, _OPEN)
    return waits.select_from(RefundRequest)


def _views(
    session: Session, now: datetime, *wanted: ColumnElement[bool]
) -> list[RefundRequestView]:
    buyer, asked, decided = aliased(Member), aliased(Member), aliased(Member)
    rows = session.execute(
        select(
            RefundRequest,
            Order.public_id,
            buyer,
            asked,
            decided.name,
            RefundDecision.outcome,
            RefundDecision.decided_at,
            RefundDecision.note,
        )
        .join(Order, Order.id == RefundRequest.order_id)
        .join(buyer, buyer.id == Order.member_id)
        .join(asked, asked.id == RefundRequest.requested_by)
        .outerjoin(RefundDecision, RefundDecision.request_id == RefundRequest.id)
        .outerjoin(decided, decided.id == RefundDecision.decided_by)
        .where(*wanted)
        .order_by(RefundRequest.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        RefundRequestView(
            row.public_id,
            order_id,
            of.name,
            of.public_id,
            row.cents,
            row.method,
            row.reason,
            request_state(outcome, row.expires_at, now),
            by.name,
            by.public_id,
            row.requested_at,
            row.expires_at,
            decided_by,
            decided_at,
            note,
        )
        for row, order_id, of, by, decided_by, outcome, decided_at, note in rows
    ]


def own_refund_requests(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the refunds that staff asked for to a member, for the export of one's own data."""
    return (
        select(
            Order.public_id.label("order"),
            RefundRequest.cents,
            RefundRequest.reason,
            RefundRequest.requested_at,
            RefundDecision.outcome,
            RefundDecision.note,
            RefundDecision.decided_at,
        )
        .join(Order, Order.id == RefundRequest.order_id)
        .outerjoin(RefundDecision, RefundDecision.request_id == RefundRequest.id)
        .where(Order.member_id == member_id)
    )


def buyer_of_request(session: Session, request: RefundRequest) -> int:
    """Return whose order a request is about."""
    return session.get_one(Order, request.order_id).member_id
