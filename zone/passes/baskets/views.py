"""What the page of a basket shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zone.core.errors import DomainError
from zone.passes.baskets.queries import BasketView
from zone.passes.baskets.rules import ShownLine, read_shown
from zone.passes.payments.providers.protocol import PaymentProvider
from zone.passes.sale_terms.rules import TermsVersion
from zone.passes.shop.views import with_next


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """What has changed of a line since it was shown: `before` and `after`, and the other rights."""

    product: Mapping[str, str]
    before: ShownLine
    after: ShownLine

    @property
    def price(self) -> bool:
        """Whether it has another price."""
        return self.before.quote.cents != self.after.quote.cents

    @property
    def days(self) -> bool:
        """Whether it has other days."""
        old, new = self.before.quote, self.after.quote
        return (old.starts_on, old.ends_on) != (new.starts_on, new.ends_on)

    @property
    def rights(self) -> bool:
        """Whether it gives something else."""
        return self.before.rights != self.after.rights


@dataclass(frozen=True, slots=True)
class BasketPage:
    """A basket before it is ordered. `onward` is where the buyer goes after paying.

    `early`: something begins within the `withdrawal_days`. `terms` are the terms of sale of today.
    """

    basket: BasketView
    providers: Sequence[PaymentProvider]
    changes: Sequence[ChangedLine] = ()
    onward: str = ""
    withdrawal_days: int = 14
    early: bool = False
    terms: TermsVersion | None = None

    @property
    def back(self) -> str:
        """The address of the shop."""
        return with_next("/buy", self.onward)

    def path(self, path: str) -> str:
        """Return an address of the basket that remembers where its reader goes after buying."""
        return with_next(path, self.onward)


def changes_of(basket: BasketView, shown: Sequence[str]) -> list[ChangedLine]:
    """Return what has changed of a basket since a form was rendered."""
    try:
        before = read_shown(shown)
    except DomainError:  # no form of this version
        return []
    lines = [(line, read_shown([line.shown])[line.code]) for line in basket.lines if line.quote]
    return [
        ChangedLine(line.product, before[line.code], now)
        for line, now in lines
        if line.code in before and before[line.code] != now
    ]
