"""A year of invented trade, drawn from a seed and written in bulk: only for throwaway databases.

Sales on the web and at the counter, of one to three products; refunds of some, in whole or in part;
a few payments that came twice and went back.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from zone.core.ids import new_public_id
from zone.core.time import helsinki_date, to_helsinki, year_window
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import split_vat
from zone.passes.numbering.models import ReceiptSequence
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import CreditedLine, Receipt, ReceiptLine

METHODS: Final = ("paytrail", "paytrail", "paytrail", "stripe", "cash", "card_terminal", "smartum")
RATES: Final = (1350, 1350, 1350, 2550, 0)
NAMES: Final = ("Liikuntapassi", 'Ryhmä "A"; aamu', "=SUM(A1:A9)", "@kuntosali", "Kuntosali\nilta")
_SERIES: Final = {"web": "", "desk": "T", "credit": "C"}
_CHUNK: Final = 5000


@dataclass(slots=True)
class _Writer:
    """Rows that wait to be written, and the last id of each table."""

    session: Session
    last: dict[Any, int]
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    numbers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def add(self, model: Any, **values: Any) -> int:
        """Note a row, and return its id."""
        self.last[model] = self.last.get(model, 0) + 1
        self.rows[model].append({"id": self.last[model], **values})
        return self.last[model]

    def write(self) -> None:
        """Write what waits, in the order in which the tables refer to each other."""
        order = (Order, OrderLine, Payment, PaymentEvent, Refund, Receipt, ReceiptLine)
        for model in order:
            if self.rows[model]:
                self.session.execute(insert(model), self.rows[model])
        if self.rows[CreditedLine]:
            for row in self.rows[CreditedLine]:
                del row["id"]
            self.session.execute(insert(CreditedLine), self.rows[CreditedLine])
        self.rows.clear()


def invent_trade(
    session: Session, seed: int, receipts: int, year: int, *, member_id: int, by: int
) -> int:
    """Write about so many receipts over a Helsinki year, and return how many; `by` refunds."""
    dice = random.Random(seed)  # noqa: S311 -- invented data
    products = session.execute(select(Product.id, Product.kind).order_by(Product.id)).all()
    kinds: list[tuple[int, str]] = [(row[0], row[1]) for row in products]
    start, end = year_window(year)
    seconds = int((end - start).total_seconds())
    times = sorted(dice.randrange(seconds) for _ in range(receipts))
    models = (Order, OrderLine, Payment, PaymentEvent, Refund, Receipt, ReceiptLine)
    last = {model: session.scalar(select(func.max(model.id))) or 0 for model in models}
    writer, written = _Writer(session, last), 0
    for second in times:
        at = start + timedelta(seconds=second)
        written += _trade(writer, dice, kinds, at, end, member_id, by)
        if len(writer.rows[Receipt]) >= _CHUNK:
            writer.write()
        if written >= receipts:
            break
    writer.write()
    session.add_all(
        ReceiptSequence(series=series, year=of, last=number)
        for (series, of), number in writer.numbers.items()
    )
    session.flush()
    return written


def _trade(
    writer: _Writer,
    dice: random.Random,
    products: Sequence[tuple[int, str]],
    at: datetime,
    end: datetime,
    member_id: int,
    by: int,
) -> int:
    lines = [
        (*dice.choice(products), dice.randrange(100, 12_000), dice.choice(RATES))
        for _ in range(dice.choice((1, 1, 1, 2, 3)))
    ]
    total, method = sum(line[2] for line in lines), dice.choice(METHODS)
    order = writer.add(
        Order,
        public_id=new_public_id(),
        member_id=member_id,
        total_cents=total,
        currency="EUR",
        placed_at=at,
    )
    ordered = [_order_line(writer, order, line, at) for line in lines]
    payment = _payment(writer, order, method, total, at)
    purpose = "web" if method in ("paytrail", "stripe") else "desk"
    sale = _receipt(writer, purpose, order, "sale", total, at)
    taxes = split_vat([(line[2], line[3]) for line in lines])
    sold = [
        _receipt_line(writer, sale, ordered[n], None, line[2], line[3], taxes[n], at, dice)
        for n, line in enumerate(lines)
    ]
    done = 1
    later = min(at + timedelta(minutes=dice.randrange(60 * 24 * 40)), end - timedelta(seconds=1))
    if dice.random() < 0.05:
        _refund(writer, dice, order, payment, sale, ordered, sold, lines, later, by)
        done += 1
    if dice.random() < 0.01:
        second = _payment(writer, order, "paytrail", total, at)
        _refund_row(writer, second, total, at, None)
        _receipt(writer, "credit", order, "credit", -total, at, payment_id=second)
        done += 1
    return done


def _order_line(writer: _Writer, order: int, line: tuple[int, str, int, int], at: datetime) -> int:
    product, kind, cents, rate = line
    return writer.add(
        OrderLine,
        order_id=order,
        product_id=product,
        institution_code="metropolia",
        role="student",
        cents=cents,
        currency="EUR",
        vat_bp=rate,
        supplied_on=helsinki_date(at),
        kind=kind,
    )


def _payment(writer: _Writer, order: int, method: str, cents: int, at: datetime) -> int:
    payment = writer.add(
        Payment,
        order_id=order,
        provider=method,
        reference=str(new_public_id()),
        cents=cents,
        currency="EUR",
        started_at=at,
    )
    paid = {"outcome": "paid", "occurred_at": at, "recorded_at": at}
    writer.add(PaymentEvent, payment_id=payment, **paid)
    return payment


def _refund_row(writer: _Writer, payment: int, cents: int, at: datetime, by: int | None) -> None:
    writer.add(
        Refund,
        public_id=new_public_id(),
        payment_id=payment,
        cents=cents,
        reason="ill" if by else "paid twice",
        occurred_at=at,
        recorded_at=at,
        recorded_by=by,
    )


def _refund(
    writer: _Writer,
    dice: random.Random,
    order: int,
    payment: int,
    sale: int,
    ordered: Sequence[int],
    sold: Sequence[int],
    lines: Sequence[tuple[int, str, int, int]],
    at: datetime,
    by: int,
) -> None:
    back = [line[2] if dice.random() < 0.6 else dice.randrange(1, line[2] + 1) for line in lines]
    _refund_row(writer, payment, sum(back), at, by)
    note = _receipt(writer, "credit", order, "refund", -sum(back), at, credits_id=sale)
    taxes = split_vat([(-cents, line[3]) for cents, line in zip(back, lines, strict=True)])
    for n, line in enumerate(lines):
        _receipt_line(writer, note, ordered[n], sold[n], -back[n], line[3], taxes[n], at, dice)
        writer.add(
            CreditedLine,
            receipt_line_id=sold[n],
            sold_cents=line[2],
            credited_cents=back[n],
        )


def _receipt(
    writer: _Writer, purpose: str, order: int, kind: str, cents: int, at: datetime, **more: Any
) -> int:
    series, year = _SERIES[purpose], to_helsinki(at).year
    writer.numbers[series, year] += 1
    return writer.add(
        Receipt,
        series=series,
        year=year,
        number=writer.numbers[series, year],
        order_id=order,
        kind=kind,
        cents=cents,
        issued_at=at,
        payment_id=more.get("payment_id"),
        credits_id=more.get("credits_id"),
        seller_name="Esimerkki",
        seller_address="",
        seller_business_id="",
        seller_vat=True,
    )


def _receipt_line(
    writer: _Writer,
    receipt: int,
    ordered: int,
    credited: int | None,
    cents: int,
    rate: int,
    tax: int,
    at: datetime,
    dice: random.Random,
) -> int:
    name = dice.choice(NAMES)
    return writer.add(
        ReceiptLine,
        receipt_id=receipt,
        order_line_id=ordered,
        credits_id=credited,
        cents=cents,
        vat_bp=rate,
        vat_cents=tax,
        supplied_on=helsinki_date(at),
        name_fi=name,
        name_sv=name,
        name_en=name,
    )
