"""What the pages of buying show. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.catalogue.queries import names_of
from zone.passes.order_history.queries import OrderStep
from zone.passes.orders.queries import OrderView
from zone.passes.passes.queries import PassView
from zone.passes.payments.providers.protocol import PaymentProvider
from zone.passes.payments.rules import METHODS
from zone.passes.quotes.queries import PartOfOffer, Quote, parts_of_offer
from zone.passes.receipts.queries import BuyerName
from zone.passes.refund_rules.views import why_so_much
from zone.passes.refunds.queries import LineToRefund
from zone.passes.sale_terms.rules import TermsVersion
from zone.passes.shop.views import with_next


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A product with its days and price, before it is ordered.

    `chosen` is a first day that was asked for; `typed` stands in its field, with what is wrong with
    it in `error`. `onward` is where the buyer goes after paying. `upgrades`: it takes the
    place of a pass that they have. `early`: it begins within the `withdrawal_days`. `terms` are
    the terms of sale of today. `campuses`: the names of those where it holds; empty: everywhere.
    """

    quote: Quote
    school: str
    providers: Sequence[PaymentProvider]
    chosen: date | None
    typed: date
    error: str | None
    today: date
    onward: str
    upgrades: bool = False
    withdrawal_days: int = 14
    early: bool = False
    terms: TermsVersion | None = None
    campuses: Sequence[str] = ()

    @property
    def name(self) -> Mapping[str, str]:
        """The product's name by language."""
        return names_of(self.quote.product)

    @property
    def follows_another(self) -> bool:
        """Whether it starts when a pass ends that gives the same."""
        return not (self.chosen or self.upgrades) and self.quote.starts_on > self.today

    @property
    def parts(self) -> list[PartOfOffer]:
        """What a bundle is made of."""
        return parts_of_offer(self.quote)

    @property
    def back(self) -> str:
        """The address of the shop."""
        return with_next("/buy", self.onward)

    @property
    def basket_path(self) -> str:
        """The address of the form that puts it in the basket."""
        return with_next("/basket/lines", self.onward)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order for its buyer (`own`) or for the desk.

    `unavailable`: the payment service did not answer just now. `ways` says how the desk gives money
    back, by the way it was paid. `give_by_hand`, `refundable`: what the reader may do about money.
    `buyer`: whose order it is, for staff; `at_desk`: the reader may open the page of that person.
    `lines`: what is left of each line of a paid order, and what the rules pay back of it today.
    `paid_by`: the provider or the way in which a paid order was paid. `withdrawable`: the buyer
    may withdraw by themself.
    """

    order: OrderView
    own: bool
    providers: Sequence[PaymentProvider]
    ways: Mapping[str, Mapping[str, str]]
    onward: str = ""
    unavailable: bool = False
    give_by_hand: bool = False
    refundable: bool = False
    buyer: BuyerName | None = None
    at_desk: bool = False
    lines: Sequence[LineToRefund] = ()
    paid_by: str = ""
    history: Sequence[OrderStep] = ()
    withdrawable: bool = False

    def why(self, line: LineToRefund, language: str) -> str:
        """Return why so much of a line is paid back today."""
        return why_so_much(line.by_rule.back, language)

    @property
    def by_desk(self) -> bool:
        """Whether the desk gives back the money, in a way that it may choose."""
        return self.paid_by in METHODS

    @property
    def back_cents(self) -> int:
        """What the rules pay back of the order today."""
        return sum(line.suggested for line in self.lines)

    @property
    def refunded_cents(self) -> int:
        """What was refunded, by the receipts."""
        return -sum(one.cents for one in self.order.receipts if one.kind == "refund")

    @property
    def is_paid(self) -> bool:
        """Whether its buyer reads that it is paid."""
        return self.own and self.order.state == "paid"

    @property
    def step(self) -> int | None:
        """The step of buying at which its buyer stands; None: nothing is bought any more."""
        if not self.own or not (
            self.is_paid or self.order.payable or self.order.state == "pending"
        ):
            return None
        return 3 if self.is_paid else 2

    @property
    def begins_on(self) -> date | None:
        """The first day of a pass that does not work yet."""
        later = [one for one in self.order.passes if one.state == "not_yet"]
        return min((helsinki_date(one.valid_from) for one in later), default=None)

    @property
    def unused(self) -> list[PassView]:
        """The passes that can be taken into use now."""
        return [one for one in self.order.passes if one.state == "valid" and not one.activated_at]

    @property
    def pay_path(self) -> str:
        """The address of the form that pays again."""
        return with_next(f"/orders/{self.order.id}/pay", self.onward)

    @property
    def shop_path(self) -> str:
        """The address of the shop."""
        return with_next("/buy", self.onward)


def sentence_of(refusal: DomainError, language: str) -> str:
    """Return the sentence of a refusal's first reason."""
    return refusal.reasons[0].text(language, refusal.params)
