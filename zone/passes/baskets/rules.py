"""What was shown of a basket, as its form carries it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zone.core.errors import DomainError
from zone.passes.orders.errors import QUOTE_CHANGED
from zone.passes.orders.rules import ShownQuote

MOST_LINES: Final = 10
KEPT: Final = timedelta(days=30)
"""After so long a line that nobody orders is taken out of the basket."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """What was shown of a line: product, price and days, and rights as of `Quote.rights`."""

    product: str
    quote: ShownQuote
    rights: str

    def __str__(self) -> str:
        """Return it as it stands in a form."""
        quote = self.quote
        return f"{self.product}:{quote.cents}:{quote.starts_on}:{quote.ends_on}:{self.rights}"


def read_shown(lines: Sequence[str]) -> dict[str, ShownLine]:
    """Return what the form of a basket says that it has shown, by product.

    Raises:
        DomainError: quote_changed: it is no form of this version.
    """
    try:
        return {line.product: line for line in map(_read, lines)}
    except ValueError as error:
        raise DomainError(QUOTE_CHANGED) from error


def _read(text: str) -> ShownLine:
    product, cents, first, last, rights = text.split(":")
    quote = ShownQuote(int(cents), date.fromisoformat(first), date.fromisoformat(last))
    return ShownLine(product, quote, rights)
