"""Issue numbered receipts and mail them to the buyer. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.formats import NO_BREAK, format_cents, format_date, format_number
from zone.core.i18n import translatable, translate
from zone.core.mail import service as mail
from zone.core.money import percent_of
from zone.core.service_profile.queries import service_name
from zone.members.people.queries import member_by_id
from zone.passes.bundles.queries import OrderedBundle, bundles_of_order, with_bundle
from zone.passes.catalogue import rules as catalogue_rules
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of, vat_bp_on
from zone.passes.catalogue.rules import FEE
from zone.passes.numbering.rules import CREDIT, WEB
from zone.passes.numbering.service import next_number
from zone.passes.orders.models import Order, OrderLine
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.receipts.rules import Seller, seller_on

VAT: Final = translatable("incl. VAT")
NO_VAT: Final = translatable("The seller is not liable for VAT.")


PDF_OF: Final = "receipt"
"""The kind of the file that goes with the mail of a receipt; `pdf` declares it."""


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line to be written on a document: the order's line, gross cents, rate and its day."""

    order_line_id: int
    credits_id: int | None
    cents: int
    vat_bp: int
    supplied_on: date
    names: tuple[str, str, str]


def issue_sale(
    session: Session,
    order: Order,
    now: datetime,
    seller: Seller,
    *,
    paid_on: date,
    purpose: str = WEB,
) -> Receipt:
    """Issue the receipt of an order that was paid on a day; its VAT rates are decided here.

    Raises:
        DomainError: order_settled, when the row is written: the order has one already.
    """
    lines = _sold_lines(session, order, paid_on, seller)
    receipt = Receipt(order_id=order.id, kind="sale", cents=order.total_cents)
    return write_receipt(session, receipt, purpose, seller, lines, now)


def issue_return(
    session: Session, order_id: int, payment_id: int, cents: int, now: datetime, seller: Seller
) -> Receipt:
    """Issue the receipt of a payment that is given back: it sold nothing, so it has no lines."""
    # It names who sold, if anybody did, even if the settings name another seller by now.
    sale = sale_of(session, order_id)
    receipt = Receipt(order_id=order_id, payment_id=payment_id, kind="credit", cents=-cents)
    named = seller_on(sale) if sale else seller
    return write_receipt(session, receipt, CREDIT, named, [], now)


def sale_of(session: Session, order_id: int) -> Receipt | None:
    """Return the receipt of an order's sale; None: it is not paid."""
    return session.scalar(_sale(order_id))


def the_sale_of(session: Session, order_id: int) -> Receipt:
    """Return the receipt of the sale of an order that is paid."""
    return session.scalars(_sale(order_id)).one()


def _sale(order_id: int) -> Select[Receipt]:
    return select(Receipt).where(Receipt.order_id == order_id, Receipt.kind == "sale")


def _sold_lines(session: Session, order: Order, paid_on: date, seller: Seller) -> list[TaxedLine]:
    rows = session.execute(
        select(OrderLine, Product)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
    )
    bundles = bundles_of_order(session, order.id)
    return [
        _sold_line(session, line, product, bundles.get(line.id), paid_on, seller)
        for line, product in rows
    ]


def _sold_line(
    session: Session,
    line: OrderLine,
    product: Product,
    bundle: OrderedBundle | None,
    paid_on: date,
    seller: Seller,
) -> TaxedLine:
    # A pass is supplied from its first day on; a fee when it is paid.
    day = catalogue_rules.rate_day(line.starts_on or paid_on, paid_on)
    named = with_bundle(bundle, names_of(product))
    names = (named["fi"], named["sv"], named["en"])
    return TaxedLine(
        line.id, None, line.cents, _rate_of(session, line, product, day, seller), day, names
    )


def _rate_of(session: Session, line: OrderLine, product: Product, day: date, seller: Seller) -> int:
    try:
        return vat_bp_on(session, product.vat_category, day, seller_vat=seller.charges_vat)
    except DomainError:
        # vat_unknown: the product got another category, which has no rates yet. The money has
        # come, so the rate that the buyer was shown holds.
        return line.vat_bp


def write_receipt(
    session: Session,
    receipt: Receipt,
    purpose: str,
    seller: Seller,
    lines: Sequence[TaxedLine],
    now: datetime,
    before: Mapping[int, int] | None = None,
) -> Receipt:
    """Number a document, and store it with its lines; `before` as of `rules.split_vat`."""
    taxes = catalogue_rules.split_vat([(one.cents, one.vat_bp) for one in lines], before or {})
    receipt.issued_at = now
    receipt.seller_name, receipt.seller_address = seller.name, seller.address
    receipt.seller_business_id, receipt.seller_vat = seller.business_id, seller.charges_vat
    # Last, because others wait for the number.
    taken = next_number(session, purpose, now)
    receipt.series, receipt.year, receipt.number = taken.series, taken.year, taken.number
    session.add(receipt)
    session.flush()
    session.add_all(
        ReceiptLine(
            receipt_id=receipt.id,
            order_line_id=line.order_line_id,
            credits_id=line.credits_id,
            cents=line.cents,
            vat_bp=line.vat_bp,
            vat_cents=tax,
            supplied_on=line.supplied_on,
            name_fi=line.names[0],
            name_sv=line.names[1],
            name_en=line.names[2],
        )
        for line, tax in zip(lines, taxes, strict=True)
    )
    session.flush()
    return receipt


def send_receipt(session: Session, receipt: Receipt, now: datetime) -> None:
    """Mail the receipt of a sale to the buyer; once."""
    _send(session, receipt, "passes/receipt", now)


def send_refund(
    session: Session,
    receipt: Receipt,
    way: Mapping[str, str],
    now: datetime,
    *,
    whole: bool,
    has_pass: bool,
) -> None:
    """Mail the credit note of a refund to the buyer, and how the money goes back; once.

    `whole`: nothing is left of the order. `has_pass`: a pass has ended with it.
    """
    facts = {"whole": whole, "has_pass": has_pass}
    _send(session, receipt, "passes/refund", now, facts, way=way)


def send_credit(
    session: Session,
    receipt: Receipt,
    reason: Mapping[str, str],
    way: Mapping[str, str],
    now: datetime,
) -> None:
    """Mail the buyer that a payment is given back, why and how; once for each receipt."""
    _send(session, receipt, "passes/returned", now, reason=reason, way=way)


def _send(
    session: Session,
    receipt: Receipt,
    template: str,
    now: datetime,
    facts: Mapping[str, bool] | None = None,
    **sentences: Mapping[str, str],
) -> None:
    order = session.get_one(Order, receipt.order_id)
    buyer = member_by_id(session, order.member_id)
    number, language = receipt.printed_number, buyer.language
    lines = lines_of(session, receipt.id)
    mail.post(
        session,
        to=buyer.email,
        template=template,
        language=language,
        now=now,
        dedupe=f"receipt {number}",
        attachment=f"{PDF_OF} {number}",
        params={
            "number": number,
            "day": format_date(receipt.issued_at, language),
            "seller": "\n".join(_seller_lines(receipt, language)) or service_name(session),
            # Nothing was sold for a payment that is given back by itself.
            "lines": [(name_of(line, language), format_cents(line.cents)) for line in lines]
            + _taxes(lines, language),
            "names": "\n".join(_names(session, receipt, language)),
            "total": format_cents(receipt.cents),
            **(facts or {"has_pass": gives_pass(session, receipt.order_id)}),
            **{name: said.get(language, said["en"]) for name, said in sentences.items()},
        },
    )


def gives_pass(session: Session, order_id: int) -> bool:
    """Return whether an order gives a pass: a fee gives none."""
    kinds = session.scalars(
        select(func.coalesce(OrderLine.kind, Product.kind))
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
    )
    return any(kind != FEE for kind in kinds)


def _seller_lines(receipt: Receipt, language: str) -> list[str]:
    seller = seller_on(receipt)
    named = [line for line in (seller.name, seller.address, seller.business_id) if line]
    return named if seller.charges_vat else [*named, translate(NO_VAT, language)]


def lines_of(session: Session, receipt_id: int) -> list[ReceiptLine]:
    """Return the lines of a receipt in their order."""
    rows = select(ReceiptLine).where(ReceiptLine.receipt_id == receipt_id)
    return list(session.scalars(rows.order_by(ReceiptLine.id)))


def name_of(line: ReceiptLine, language: str) -> str:
    """Return what was sold in a language."""
    return {"fi": line.name_fi, "sv": line.name_sv}.get(language, line.name_en)


def _names(session: Session, receipt: Receipt, language: str) -> list[str]:
    """Return what was bought in a language; a bundle by its own name, once."""
    rows = session.execute(
        select(OrderLine.id, Product)
        .join(Product, OrderLine.product_id == Product.id)
        .where(OrderLine.order_id == receipt.order_id)
        .order_by(OrderLine.id)
    )
    bundles = bundles_of_order(session, receipt.order_id)
    named: dict[tuple[str, int], str] = {}
    for line_id, product in rows:
        bundle = bundles.get(line_id)
        key = ("bundle", bundle.number) if bundle else ("line", line_id)
        named[key] = (bundle.name if bundle else names_of(product))[language]
    return list(named.values())


def _taxes(lines: Sequence[ReceiptLine], language: str) -> list[tuple[str, str]]:
    """Return the VAT of each rate, the highest first."""
    words = translate(VAT, language)
    rates = sorted({line.vat_bp for line in lines if line.vat_bp}, reverse=True)
    return [
        (
            f"{words} {_percent(rate, language)}{NO_BREAK}%",
            format_cents(sum(line.vat_cents for line in lines if line.vat_bp == rate)),
        )
        for rate in rates
    ]


def _percent(rate_bp: int, language: str) -> str:
    return format_number(percent_of(rate_bp), language, digits=2)
