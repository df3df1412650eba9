"""A model of trade: buyers order, pay, withdraw; the desk refunds; a backup is restored.

What the provider reports comes by its signed callback. A restore loses what came after the backup;
then the provider reports again what it knows, as its repeats and our look-ups do.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from tests.stored import put_back, saved_rows
from tests.world.checkout import A_SELLER, give_back, notices
from tests.world.people import an_actor
from tests.world.shop import NOW, a_product, a_student
from tests.world.vouchers import CODE, a_voucher, ordered_with
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.operation.backups.flows import reset_after_restore
from zone.passes.expiries import jobs
from zone.passes.feature import FEATURE
from zone.passes.orders.models import Order
from zone.passes.payments import flows
from zone.passes.payments import service as payment_service
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.payments.providers.development import NAME, development_provider
from zone.passes.payments.providers.protocol import AmountDue, Callback, PaymentNotice
from zone.passes.quotas.service import set_quota
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.reconciliation.models import UnknownPayment
from zone.passes.refunds import service as refunds
from zone.passes.refunds.rules import LineRefund
from zone.passes.withdrawals.service import withdraw

CAMP = "camp"
CHECKS = tuple(one for one in FEATURE.leaves.invariants if not one.at_present)
"""All that the doctor counts of passes, but for what staff have to do."""


class Trade:
    """A shop with one place of `camp` and a code of two uses, at a time that goes on."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.now = settings, NOW
        self.orders: list[int] = []
        self.paid: dict[str, PaymentNotice] = {}
        """What the provider has taken, by the reference of the payment."""
        self.numbers: dict[str, tuple[object, int]] = {}
        """The order and the sum of every receipt that anybody was ever given."""
        a_voucher(most_uses=2)
        with writing() as session:
            a_product(session, CAMP, "sports_pass", ("gym",), 30, student=1000)
            set_quota(session, CAMP, name="Camp", places=1, hold_minutes=10080, products=[CAMP])
        self.buyers = [a_student(f"ostaja-{number}@zone.example") for number in range(2)]
        self.desk = a_student("tiski@zone.example")
        self.backup(0)

    def take(self, kind: str, number: int) -> None:
        """Do one step; what the shop refuses changes nothing."""
        try:
            getattr(self, kind)(number)
        except DomainError:
            return

    def order(self, number: int) -> None:
        products = ((CAMP, "visit"), ("term",), (CAMP,), ("gym", "visit"))[number]
        code = CODE if number != 1 else None
        buyer = self.buyers[number % 2]
        self.orders.append(ordered_with(buyer, *products, voucher=code, now=self.now))

    def pay(self, number: int) -> None:
        for notice in self._notices(number, "paid"):
            self.paid[notice.reference] = notice
            self.report(notice)

    def decline(self, number: int) -> None:
        for notice in self._notices(number, "declined"):
            self.report(notice)

    def again(self, number: int) -> None:
        with writing() as session:
            order = session.get_one(Order, self._one(number))
            payment_service.create_payment(session, order, NAME, self.now, A_SELLER)

    def wait(self, number: int) -> None:
        self.now += timedelta(hours=9 * (number + 1))
        jobs.expire_orders(Settings(), self.now)

    def refund(self, number: int) -> None:
        give_back(self._one(number), self.desk, self.now)

    def refund_part(self, number: int) -> None:
        order_id, part = self._one(number), LineRefund(1, 150, ends_pass=number % 2 == 1)
        with writing() as session:
            clerk = an_actor(self.desk, "desk")
            refunds.refund_lines(
                session, clerk, order_id, [part], reason="moved abroad", now=self.now
            )

    def withdraw(self, number: int) -> None:
        with writing() as session:
            withdraw(session, session.get_one(Order, self._one(number)), self.now)

    def repeat(self, _number: int) -> None:
        """Let the provider report once more whatever it has taken."""
        for notice in self.paid.values():
            self.report(notice)

    def backup(self, _number: int) -> None:
        self._backup = saved_rows(), tuple(self.orders)

    def restore(self, number: int) -> None:
        """Go back to the backup, as `zone restore` does; time goes on."""
        rows, orders = self._backup
        put_back(rows)
        self.orders = list(orders)
        self.now += timedelta(minutes=1)
        with writing() as session:
            reset_after_restore(session, self.now)
        self.repeat(number)

    def report(self, notice: PaymentNotice) -> None:
        """Let the provider report a payment by a callback of its own."""
        due = AmountDue(notice.reference, notice.cents, notice.currency)
        provider = development_provider(self.settings.keys)
        address = urlsplit(provider.callback(due, notice.outcome, notice.at))
        callback = Callback({}, dict(parse_qsl(address.query)), b"")
        flows.take_callback(self.settings, NAME, callback, self.now)

    def _one(self, number: int) -> int:
        if not self.orders:
            raise DomainError(NOT_FOUND)
        return self.orders[number % len(self.orders)]

    def _notices(self, number: int, outcome: str) -> Iterator[PaymentNotice]:
        yield from notices(self._one(number), outcome, self.now)


def trade(settings: Settings, steps: Iterable[tuple[str, int]]) -> None:
    """Trade as the steps say, and check the books after each of them.

    The doctor looks at the end, and before a restore forgets what was done.
    """
    shop = Trade(settings)
    for kind, number in steps:
        if kind == "restore":
            check_by_doctor(shop)
        shop.take(kind, number)
        check_books(shop)
    check_by_doctor(shop)


def check_by_doctor(trade: Trade) -> None:
    """Check that the doctor finds nothing."""
    with reading() as session:
        for check in CHECKS:
            assert check.count_broken(session, trade.now) == 0, check.name


def check_books(trade: Trade) -> None:
    """Check that the money of receipts is that of payments, that nobody has paid without a trace,
    and that no number of a receipt has two meanings.
    """
    with reading() as session:
        _check_money(session)
        _check_payers(session, trade)
        _check_numbers(session, trade)


def _check_money(session: Session) -> None:
    paid = total(
        session,
        select(func.sum(Payment.cents))
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(PaymentEvent.outcome == "paid"),
    )
    back = total(session, select(func.sum(Refund.cents)))
    alone = total(session, select(func.sum(Refund.cents)).where(Refund.recorded_by.is_(None)))
    of_sales = total(session, select(func.sum(Receipt.cents)).where(Receipt.kind != "credit"))
    returned = total(session, select(func.sum(Receipt.cents)).where(Receipt.kind == "credit"))
    lines = total(session, select(func.sum(ReceiptLine.cents)))
    assert (of_sales, returned) == (paid - back, -alone)
    assert lines == of_sales


def _check_payers(session: Session, trade: Trade) -> None:
    here = select(Payment.reference).join(PaymentEvent).where(PaymentEvent.outcome == "paid")
    unknown = select(UnknownPayment.reference)
    known = {*session.scalars(here), *session.scalars(unknown)}
    assert trade.paid.keys() <= known, "somebody has paid, and nothing here says so"


def _check_numbers(session: Session, trade: Trade) -> None:
    rows = session.execute(select(Receipt, Order.public_id).join(Order))
    for receipt, order in rows:
        given = trade.numbers.setdefault(receipt.printed_number, (order, receipt.cents))
        assert given == (order, receipt.cents), f"{receipt.printed_number} has two meanings"


def total(session: Session, rows: Select[int]) -> int:
    """Return a sum, as a whole number."""
    return int(session.scalar(rows) or 0)
