"""What they hold: products, dated prices, orders, payments, receipts, and the pass with its events.

Prices and VAT rates carry only the day from which they are in force; each ends where the next one begins, so ranges
are half-open and cannot overlap by construction. Money is integer cents with VAT included; VAT rates are hundredths
of a percent (1350 is 13.5 %).
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.money import EUR
from zone.db import Base, Id, PublicId, append_only

KINDS: Final = ("sports_pass", "gym_pass", "single_visit", "test", "complimentary", "guest", "companion")
FEE: Final = "fee"
"""A product that is paid for and gives no pass, such as the fee for a lost card."""
ENTITLEMENTS: Final = ("gym", "class", "court")
VAT_CATEGORIES: Final = ("exercise", "coaching", "other")
ONCE: Final = ("sold", "refunded", "replaced")
"""Events that happen to a pass once. An activation may be recorded again when an earlier one turns up."""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


class Product(Base):
    """What is sold. `entitlements` says to what, `campuses` where (empty: everywhere).

    It lasts `length_days`, or, where that is empty, until the end of the season in which it starts.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint(_one_of("kind", (*KINDS, FEE)), name="kind"),
        CheckConstraint(_one_of("vat_category", VAT_CATEGORIES), name="vat_category"),
        CheckConstraint("length_days > 0", name="length"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    entitlements: Mapped[list[Any]]
    campuses: Mapped[list[Any]]
    length_days: Mapped[int | None]
    vat_category: Mapped[str]


class PriceGroup(Base):
    """The institutions that share a price list."""

    __tablename__ = "price_group"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True)
    code: Mapped[str]


class Price(Base):
    """What a role of a price group pays from `valid_from` on; no cents: it is not sold to them from that day.

    The group "" is every institution; a group's own price goes before it.
    """

    __tablename__ = "price"
    __table_args__ = (
        UniqueConstraint("product_id", "price_group", "role", "valid_from"),
        CheckConstraint("role IN ('student', 'staff')", name="role"),
        CheckConstraint("cents >= 0", name="cents"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    price_group: Mapped[str]
    role: Mapped[str]
    valid_from: Mapped[date]
    cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default=EUR)


class VatRate(Base):
    """The rate of a category for what is supplied from `valid_from` on."""

    __tablename__ = "vat_rate"
    __table_args__ = (
        UniqueConstraint("category", "valid_from"),
        CheckConstraint(_one_of("category", VAT_CATEGORIES), name="category"),
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate"),
    )

    id: Mapped[Id]
    category: Mapped[str]
    valid_from: Mapped[date]
    rate_bp: Mapped[int]


class Order(Base):
    """That a member ordered. Never changes: payments, receipts and refunds say what became of it."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total_cents >= 0", name="total"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    total_cents: Mapped[int]
    currency: Mapped[str]
    placed_at: Mapped[datetime]


class OrderLine(Base):
    """What was ordered, at the price and VAT rate of the day, by whom in what role.

    `starts_on` is the buyer's choice; empty: when the pass they hold ends, else at once. `ends_on` is set where the
    product ends with a season.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("cents >= 0", name="cents"),
        CheckConstraint("vat_bp BETWEEN 0 AND 10000", name="vat"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    institution_code: Mapped[str]
    role: Mapped[str]
    cents: Mapped[int]
    currency: Mapped[str]
    vat_bp: Mapped[int]
    supplied_on: Mapped[date]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


class Payment(Base):
    """One attempt to pay an order through a provider, known to both sides by its random `reference`."""

    __tablename__ = "payment"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    provider: Mapped[str]
    reference: Mapped[str] = mapped_column(unique=True)
    cents: Mapped[int]
    currency: Mapped[str]
    started_at: Mapped[datetime]


class PaymentEvent(Base):
    """What the provider told us of a payment. Append-only; each outcome counts once, in whatever order they come."""

    __tablename__ = "payment_event"
    __table_args__ = (
        Index("uq_payment_event_payment_id_outcome", "payment_id", "outcome", unique=True),
        CheckConstraint("outcome IN ('paid', 'declined', 'cancelled')", name="outcome"),
    )

    id: Mapped[Id]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    outcome: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ReceiptSequence(Base):
    """The last receipt number given out in a year; claimed in the receipt's own transaction, so none is missing."""

    __tablename__ = "receipt_sequence"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Receipt(Base):
    """The numbered document of a sale or of its refund; `cents` is negative for a refund.

    It keeps who sold, as it was then: a receipt is the same whenever it is printed.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index("uq_receipt_order_id_kind", "order_id", "kind", unique=True),
        CheckConstraint("(kind = 'sale' AND cents >= 0) OR (kind = 'refund' AND cents <= 0)", name="kind"),
    )

    id: Mapped[Id]
    year: Mapped[int]
    number: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    cents: Mapped[int]
    issued_at: Mapped[datetime]
    seller_name: Mapped[str] = mapped_column(server_default="")
    seller_address: Mapped[str] = mapped_column(server_default="")
    seller_business_id: Mapped[str] = mapped_column(server_default="")


class Refund(Base):
    """That a payment is given back in full: by staff, or by itself when an order was paid twice."""

    __tablename__ = "refund"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    cents: Mapped[int]
    reason: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class Pass(Base):
    """A pass that somebody holds, with the rights as they were sold. Both days are included, in Helsinki time.

    `root_id` is empty for a pass of its own; a replacement or an upgrade names the first pass of its chain.
    """

    __tablename__ = "pass"
    __table_args__ = (
        Index("uq_pass_order_line_id", "order_line_id", unique=True),
        CheckConstraint(_one_of("kind", KINDS), name="kind"),
        CheckConstraint("starts_on <= ends_on", name="order"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("pass.id"), index=True)
    kind: Mapped[str]
    entitlements: Mapped[list[Any]]
    campuses: Mapped[list[Any]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class PassEvent(Base):
    """What happened to a pass. Append-only.

    A door that was offline may report an earlier activation or first use than the one on record: then both rows
    stand, and the earliest `occurred_at` that was recorded by the moment of asking is the answer.
    """

    __tablename__ = "pass_event"
    __table_args__ = (
        CheckConstraint("kind IN ('sold', 'activated', 'first_used', 'refunded', 'replaced')", name="kind"),
        UniqueConstraint("pass_id", "kind", "occurred_at"),
        Index(
            "uq_pass_event_once",
            "pass_id",
            "kind",
            unique=True,
            sqlite_where=text(_one_of("kind", ONCE)),
            postgresql_where=text(_one_of("kind", ONCE)),
        ),
        Index("ix_pass_event_kind_occurred_at", "kind", "occurred_at"),
    )

    id: Mapped[Id]
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"))
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str]


for _fact in (Order, OrderLine, Payment, PaymentEvent, Receipt, Refund, PassEvent):
    append_only(_fact)
