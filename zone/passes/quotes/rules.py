"""The VAT of several prices. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from zone.core.money import percent_of
from zone.passes.catalogue.rules import vat_cents


@dataclass(frozen=True, slots=True)
class RateSum:
    """What is to be paid at one VAT rate, and the VAT in it."""

    percent: Decimal
    gross: int
    tax: int


def taxes_of(priced: Iterable[tuple[int, int]]) -> list[RateSum]:
    """Return the VAT of each rate, rounded once; `priced` are rates and cents. None for no VAT."""
    gross = Counter[int]()
    for rate, cents in priced:
        gross[rate] += cents
    return [
        RateSum(percent_of(rate), cents, vat_cents(cents, rate))
        for rate, cents in sorted(gross.items())
        if rate
    ]
