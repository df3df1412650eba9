"""A sound service for the tests of `zone doctor`, and its findings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.backups import fill
from tests.world.booking import NOW
from tests.world.surveys import open_survey
from zone.access.roster import service as roster
from zone.app import FEATURES, MIGRATIONS
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.invariants import Invariant
from zone.members.people.models import Member
from zone.operation.doctor import service as doctor
from zone.operation.doctor.findings import CheckContext, Finding
from zone.passes.catalogue.models import Product
from zone.passes.numbering.models import ReceiptSequence
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.scheduler import JOBS

AT = NOW + timedelta(minutes=1)
INVARIANTS = tuple(invariant for feature in FEATURES for invariant in feature.leaves.invariants)


def findings(
    settings: Settings,
    now: datetime = AT,
    *,
    quick: bool = False,
    invariants: Sequence[Invariant] = INVARIANTS,
) -> list[Finding]:
    return list(
        doctor.examine(
            settings,
            str(MIGRATIONS),
            jobs=JOBS,
            invariants=invariants,
            clock=lambda: now,
            quick=quick,
        )
    )


def findings_around(settings: Settings, now: datetime = AT) -> list[Finding]:
    """Return the findings about what surrounds the rows, without recounting every invariant."""
    return findings(settings, now, invariants=())


def broken(settings: Settings, *names: str) -> dict[str, str]:
    """Return the findings about invariants that do not hold, of these names or of all."""
    looked_at = tuple(one for one in INVARIANTS if not names or one.name in names)
    with doctor.snapshot() as session:
        context = CheckContext(session, settings, str(MIGRATIONS), (), looked_at, AT)
        return {
            finding.check: finding.what
            for finding in doctor.check_invariants(context)
            if finding.level == "fail"
        }


def build_service(settings: Settings) -> None:
    """Store a service in which every invariant holds."""
    fill(settings)
    open_survey(settings)
    with writing() as session:
        roster.number_marks(session)
        session.add(ReceiptSequence(year=2026, last=3))
        _receipts(session, 3)
    daily_counts_jobs.count_days(settings, NOW + timedelta(days=2))


def _receipts(session: Session, count: int) -> None:
    member = session.scalar(select(func.min(Member.id)))
    for number in range(1, count + 1):
        order = Order(
            public_id=new_public_id(),
            member_id=member,
            total_cents=1900,
            currency="EUR",
            placed_at=NOW,
        )
        session.add(order)
        session.flush()
        line = _a_paid_fee(session, order)
        receipt = Receipt(
            year=2026,
            number=number,
            order_id=order.id,
            kind="sale",
            cents=1900,
            issued_at=NOW,
            seller_name="",
            seller_address="",
            seller_business_id="",
        )
        session.add(receipt)
        session.flush()
        session.add(
            ReceiptLine(
                receipt_id=receipt.id,
                order_line_id=line.id,
                cents=1900,
                vat_bp=1350,
                vat_cents=226,
                supplied_on=NOW.date(),
                name_fi="Maksu",
                name_sv="Avgift",
                name_en="Fee",
            )
        )


def _a_paid_fee(session: Session, order: Order) -> OrderLine:
    product = session.scalars(select(func.min(Product.id))).one()
    line = OrderLine(
        order_id=order.id,
        product_id=product,
        institution_code="metropolia",
        role="student",
        cents=order.total_cents,
        currency=order.currency,
        vat_bp=1350,
        supplied_on=NOW.date(),
        kind="fee",
    )
    payment = Payment(
        order_id=order.id,
        provider="cash",
        reference=new_public_id().hex,
        cents=order.total_cents,
        currency=order.currency,
        started_at=NOW,
    )
    session.add_all([line, payment])
    session.flush()
    session.add(
        PaymentEvent(payment_id=payment.id, outcome="paid", occurred_at=NOW, recorded_at=NOW)
    )
    return line
