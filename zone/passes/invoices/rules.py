"""Sums, due dates and states of invoices. Pure.

Invoices between organisations have prices without VAT. The VAT of a rate is that of the sum of its
lines, rounded once (EN 16931, BR-CO-17), so the sums by rate add up to the total exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from zone.core.money import percent_of, round_half_up

MOST_LINES: Final = 100
PIECES: Final = 100
"""Quantities are stored in hundredths."""


@dataclass(frozen=True, slots=True)
class SellerDetails:
    """Who sends an invoice: name, business ID, address, account and e-invoice address."""

    name: str
    business_id: str
    charges_vat: bool
    vat_id: str
    street: str
    post_code: str
    town: str
    country: str
    iban: str
    bic: str
    einvoice_address: str
    einvoice_operator: str


@dataclass(frozen=True, slots=True)
class InvoicePrice:
    """What a line is computed from: hundredths of a unit, net cents of one, and the VAT rate."""

    quantity: int
    unit_cents: int
    vat_bp: int

    @property
    def net_cents(self) -> int:
        """The price without VAT, in cents."""
        return int(round_half_up(Decimal(self.quantity * self.unit_cents) / PIECES))


@dataclass(frozen=True, slots=True)
class InvoiceRate:
    """The sums of the lines with one VAT rate, in cents."""

    vat_bp: int
    net: int
    tax: int

    @property
    def percent(self) -> Decimal:
        """The rate in percent."""
        return percent_of(self.vat_bp)

    @property
    def gross(self) -> int:
        """The sum with VAT."""
        return self.net + self.tax


def tax_on(net_cents: int, vat_bp: int) -> int:
    """Return the VAT on a sum without it, in cents."""
    return int(round_half_up(Decimal(net_cents * vat_bp) / 10_000))


def tax_of_lines(lines: Sequence[InvoicePrice]) -> list[int]:
    """Return the VAT of each line, in cents; those of a rate add up to the VAT of their sum."""
    sums, parts = dict[int, int](), []
    for line in lines:
        before = sums.get(line.vat_bp, 0)
        sums[line.vat_bp] = before + line.net_cents
        parts.append(tax_on(sums[line.vat_bp], line.vat_bp) - tax_on(before, line.vat_bp))
    return parts


def rates_of(lines: Sequence[InvoicePrice]) -> list[InvoiceRate]:
    """Return the sums of each VAT rate, the highest rate first."""
    sums = dict[int, int]()
    for line in lines:
        sums[line.vat_bp] = sums.get(line.vat_bp, 0) + line.net_cents
    return [InvoiceRate(rate, net, tax_on(net, rate)) for rate, net in sorted(sums.items())[::-1]]


def due_date(issued_on: date, payment_days: int) -> date:
    """Return the day by which an invoice is to be paid: so many calendar days later."""
    return issued_on + timedelta(days=payment_days)


def state_of(
    *,
    cents: int,
    paid_cents: int,
    is_credited: bool,
    due_on: date,
    today: date,
    credited_cents: int = 0,
) -> str:
    """Return the state of an invoice: `open`, `overdue`, `partly_paid`, `paid`, `overpaid` or
    `credited`. One that is partly paid when it falls due is overdue.

    `credited_cents` is what credit notes took off, below zero; `is_credited`: nothing is left.
    """
    # The VAT of each note is rounded, so that those of a whole invoice may differ by a cent.
    owed = 0 if is_credited else cents + credited_cents
    if paid_cents > owed:
        return "overpaid"
    if is_credited:
        return "credited"
    if paid_cents == owed:
        return "paid"
    if today > due_on:
        return "overdue"
    return "partly_paid" if paid_cents > 0 else "open"


def text_of_quantity(quantity: int) -> str:
    """Return hundredths as an invoice has them: `2`, `2,5`."""
    whole, part = divmod(abs(quantity), PIECES)
    digits = f"{part:02d}".rstrip("0")
    return ("-" if quantity < 0 else "") + (f"{whole},{digits}" if digits else str(whole))
