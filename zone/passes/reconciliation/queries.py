"""Payments to compare with their provider, and the differences that were found."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select, union_all
from sqlalchemy.orm import Session, aliased

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.orders.models import Order, OrderLine
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.payments.models import Payment, ProviderPayment
from zone.passes.payments.providers.protocol import AmountDue
from zone.passes.provider_refunds.models import UnknownRefund
from zone.passes.receipts.models import Receipt
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    DifferenceFixEvent,
    DifferenceFixRequest,
    DifferenceNote,
    PaymentComparison,
    UnknownPayment,
)
from zone.passes.reconciliation.rules import (
    AGREES,
    CANCEL_SALE,
    RECORD_REFUND,
    REFUNDED_THERE,
    Fix,
    fix_of,
)
from zone.passes.refund_requests.queries import given_back_alone
from zone.passes.refund_requests.rules import needs_second_person, request_state
from zone.passes.refunds.queries import lines_left
from zone.passes.refunds.rules import LineLeft, lines_of_sum

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ReturnToMake:
    """What a provider has to give back of a fix; `public_id` is the reference of the refund."""

    id: int
    public_id: uuid.UUID
    provider: str
    due: AmountDue
    provider_reference: str | None


@dataclass(frozen=True, slots=True)
class FixPlan:
    """What mending a difference does: action and cents_back as of `rules.Fix`.

    `credited_cents` is taken back of the sale, and the passes of these `products` end.
    `needs_second`: more goes back than one person may give, so another one has to confirm it.
    """

    action: str
    cents_back: int
    credited_cents: int
    products: tuple[Mapping[str, str], ...]
    needs_second: bool = False


@dataclass(frozen=True, slots=True)
class FixRequestView:
    """What somebody has asked for to mend a difference; `note` is why it was declined.

    `state`: waiting, declined, retracted or expired.
    """

    state: str
    requested_by: str
    requested_by_id: uuid.UUID
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class PaymentDifference:
    """A difference between a provider and our books that nobody has looked into yet.

    `result`: not_paid, unknown_there, other_sum, unknown_here or refund_unknown_here; `cents` is
    what the provider says, or gave back, `expected` what is paid here, with the order. `fix`: how
    it is mended by one click, if it can be. `is_refused`: the provider refused to give the money
    back. `request` is the newest one of a fix that needs a second person.
    """

    id: uuid.UUID
    result: str
    provider: str
    reference: str
    cents: int | None
    expected: int | None
    order_id: uuid.UUID | None
    found_at: datetime
    fix: FixPlan | None = None
    is_refused: bool = False
    request: FixRequestView | None = None


def open_differences(session: Session, now: datetime) -> list[PaymentDifference]:
    """Return the differences without a note, the newest first."""
    asked = fix_requests(session, now)
    found = [
        *_differing_payments(session, asked, now),
        *_unknown_payments(session, asked, now),
        *_unknown_refunds(session),
    ]
    return sorted(found, key=lambda one: one.found_at, reverse=True)


def _differing_payments(
    session: Session, asked: Mapping[uuid.UUID, FixRequestView], now: datetime
) -> Iterator[PaymentDifference]:
    """Yield the payments that are here and differ, with what was `asked` for."""
    refused = refused_differences(session)
    rows = session.execute(
        select(PaymentComparison, Payment, Order.public_id, ProviderPayment.id)
        .join(Payment, Payment.id == PaymentComparison.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .where(PaymentComparison.public_id.in_(_open()))
        .order_by(PaymentComparison.id.desc())
        .limit(MOST_SHOWN)
    )
    for row, payment, order_id, known in rows:
        fix = fix_of(row.result, row.cents, payment.cents, is_known=known is not None)
        is_refused = row.public_id in refused
        yield PaymentDifference(
            row.public_id,
            row.result,
            payment.provider,
            payment.reference,
            row.cents,
            payment.cents,
            order_id,
            row.recorded_at,
            None if is_refused else _plan(session, payment.order_id, fix, now),
            is_refused,
            asked.get(row.public_id),
        )


def _unknown_payments(
    session: Session, asked: Mapping[uuid.UUID, FixRequestView], now: datetime
) -> Iterator[PaymentDifference]:
    """Yield the payments that only a provider knows, with what was `asked` for."""
    refused = refused_differences(session)
    rows = session.scalars(
        select(UnknownPayment)
        .where(UnknownPayment.public_id.in_(_open()))
        .order_by(UnknownPayment.id.desc())
        .limit(MOST_SHOWN)
    )
    for row in rows:
        fix = fix_of("unknown_here", row.cents, None, is_known=bool(row.provider_reference))
        is_refused = row.public_id in refused
        yield PaymentDifference(
            row.public_id,
            "unknown_here",
            row.provider,
            row.reference,
            row.cents,
            None,
            None,
            row.recorded_at,
            None if is_refused else _plan(session, None, fix, now),
            is_refused,
            asked.get(row.public_id),
        )


def _unknown_refunds(session: Session) -> Iterator[PaymentDifference]:
    """Yield the refunds that only a provider knows; no money is to go back any more."""
    rows = session.execute(
        select(UnknownRefund, Payment, Order.public_id)
        .join(Payment, Payment.id == UnknownRefund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(UnknownRefund.public_id.in_(_open()))
        .order_by(UnknownRefund.id.desc())
        .limit(MOST_SHOWN)
    )
    for row, payment, order_id in rows:
        yield PaymentDifference(
            row.public_id,
            REFUNDED_THERE,
            payment.provider,
            payment.reference,
            row.cents,
            payment.cents,
            order_id,
            row.recorded_at,
            _plan_to_record(session, payment.order_id, row.cents),
        )


def _plan_to_record(session: Session, order_id: int, cents: int) -> FixPlan | None:
    """Return what recording a refund takes back of the sale; None: only people can say."""
    lines = _lines_left(session, order_id)
    chosen = lines_of_sum(lines, cents) if lines else None
    if chosen is None:
        return None
    ids = {line.number: line.order_line_id for line in lines}
    ending = [ids[one.number] for one in chosen if one.ends_pass]
    return FixPlan(RECORD_REFUND, 0, cents, _names_of_lines(session, ending))


def _open() -> Select[uuid.UUID]:
    """Select the public ids of the differences that have no note."""
    both = union_all(
        select(PaymentComparison.public_id.label("id")).where(PaymentComparison.result != AGREES),
        select(UnknownPayment.public_id.label("id")),
        select(UnknownRefund.public_id.label("id")),
    ).subquery()
    noted = exists().where(DifferenceNote.difference == both.c.id)
    # Where a provider refuses what a fix asked of it, people have to give the money back.
    refused = exists().where(
        DifferenceFixEvent.fix_id == DifferenceFix.id, DifferenceFixEvent.outcome == "refused"
    )
    fixed = exists().where(DifferenceFix.difference == both.c.id, ~refused)
    return select(both.c.id).where(~noted, ~fixed)


def refused_differences(session: Session) -> frozenset[uuid.UUID]:
    """Return the differences whose money a provider refused to give back."""
    return frozenset(
        session.scalars(
            select(DifferenceFix.difference)
            .join(DifferenceFixEvent, DifferenceFixEvent.fix_id == DifferenceFix.id)
            .where(DifferenceFixEvent.outcome == "refused")
        )
    )


def _plan(session: Session, order_id: int | None, fix: Fix | None, now: datetime) -> FixPlan | None:
    """Return what a fix does; None where nothing of the sale is left to be cancelled."""
    if fix is None:
        return None
    before = 0 if order_id is None else given_back_alone(session, order_id)
    limit = pass_rules(session, helsinki_date(now)).refund_alone_cents
    needs_second = needs_second_person(fix.cents_back, before, limit)
    if fix.action != CANCEL_SALE or order_id is None:
        return FixPlan(fix.action, fix.cents_back, 0, (), needs_second)
    left = _lines_left(session, order_id)
    if not left:
        return None
    names = _names_of_lines(session, [line.order_line_id for line in left])
    credited = sum(line.left for line in left)
    return FixPlan(fix.action, fix.cents_back, credited, names, needs_second)


def _lines_left(session: Session, order_id: int) -> list[LineLeft]:
    """Return the lines of the sale of an order of which something is left."""
    sale = session.scalar(
        select(Receipt).where(Receipt.order_id == order_id, Receipt.kind == "sale")
    )
    return [line for line in lines_left(session, sale) if line.left] if sale else []


def _names_of_lines(session: Session, ids: Sequence[int]) -> tuple[Mapping[str, str], ...]:
    products = session.scalars(
        select(Product)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.id.in_(ids))
        .order_by(OrderLine.id)
    )
    return tuple(names_of(product) for product in products)


def open_difference(session: Session, difference: uuid.UUID, now: datetime) -> PaymentDifference:
    """Return a difference that nobody has looked into.

    Raises:
        DomainError: not_found.
    """
    found = next((one for one in open_differences(session, now) if one.id == difference), None)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def fix_requests(session: Session, now: datetime) -> dict[uuid.UUID, FixRequestView]:
    """Return what was asked for to mend open differences; of several the newest."""
    asked, decided = aliased(Member), aliased(Member)
    rows = session.execute(
        select(
            DifferenceFixRequest,
            asked,
            DifferenceFixDecision.outcome,
            decided.name,
            DifferenceFixDecision.note,
        )
        .join(asked, asked.id == DifferenceFixRequest.requested_by)
        .outerjoin(
            DifferenceFixDecision, DifferenceFixDecision.request_id == DifferenceFixRequest.id
        )
        .outerjoin(decided, decided.id == DifferenceFixDecision.decided_by)
        .where(DifferenceFixRequest.difference.in_(_open()))
        .order_by(DifferenceFixRequest.id)
    )
    return {
        row.difference: FixRequestView(
            request_state(outcome, row.expires_at, now),
            by.name,
            by.public_id,
            row.requested_at,
            row.expires_at,
            decided_by,
            note,
        )
        for row, by, outcome, decided_by, note in rows
    }


def waiting_request(
    session: Session, difference: uuid.UUID, now: datetime
) -> DifferenceFixRequest | None:
    """Return the request of a difference that waits for a second person."""
    return session.scalar(
        select(DifferenceFixRequest)
        .where(
            DifferenceFixRequest.difference == difference,
            DifferenceFixRequest.expires_at > now,
            ~exists().where(DifferenceFixDecision.request_id == DifferenceFixRequest.id),
        )
        .order_by(DifferenceFixRequest.id.desc())
        .limit(1)
    )


def returns_to_make(session: Session) -> list[ReturnToMake]:
    """Return what providers still have to give back of fixes, the oldest first."""
    waiting = (
        select(DifferenceFix)
        .where(
            DifferenceFix.cents_back > 0,
            ~exists().where(DifferenceFixEvent.fix_id == DifferenceFix.id),
        )
        .order_by(DifferenceFix.id)
    )
    return [_return_of(session, fix) for fix in session.scalars(waiting)]


def _return_of(session: Session, fix: DifferenceFix) -> ReturnToMake:
    unknown = session.scalar(
        select(UnknownPayment).where(UnknownPayment.public_id == fix.difference)
    )
    if unknown is not None:
        due = AmountDue(unknown.reference, fix.cents_back, unknown.currency)
        known, provider = unknown.provider_reference, unknown.provider
    else:
        payment = session.scalars(
            select(Payment)
            .join(PaymentComparison, PaymentComparison.payment_id == Payment.id)
            .where(PaymentComparison.public_id == fix.difference)
        ).one()
        known = session.scalar(
            select(ProviderPayment.reference).where(ProviderPayment.payment_id == payment.id)
        )
        due = AmountDue(payment.reference, fix.cents_back, payment.currency)
        provider = payment.provider
    return ReturnToMake(fix.id, fix.public_id, provider, due, known)


def open_ids() -> Select[uuid.UUID]:
    """Select the differences that nobody has looked into, for the doctor."""
    return _open()
