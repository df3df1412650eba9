"""What the shop shows: who one buys as, the next step, what one holds, and what is sold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

from zone.core.money import round_half_up
from zone.passes.catalogue.queries import names_of
from zone.passes.catalogue.views import ListedPrice
from zone.passes.entitlements.rules import NONE, Conditions
from zone.passes.passes.queries import PassView
from zone.passes.quotes.queries import PriceQuote, Quote, parts_of_offer
from zone.passes.upgrades.queries import UpgradeOffer
from zone.places.opening_hours.rules import OpenState

RoleName = Literal["student", "staff"]
ROLES: Final[tuple[RoleName, ...]] = ("student", "staff")

StepName = Literal["sign_in", "add", "outside", "prove", "prove_again"]
"""What stands between a person and buying: nothing is known of them, they have not said where they
study or work, that place has no part in the service, or nobody has seen a proof, or it has ended.
"""

MONTHS_A_YEAR: Final = 12
DAYS_A_YEAR: Final = 365
MONTHLY_FROM: Final = 60
"""Days from which on the price of a month is shown: below, it is the price itself."""


@dataclass(frozen=True, slots=True)
class ComingPrice:
    """The price of a line from a day on, and for whom; no `cents`: not sold at it any more."""

    valid_from: date
    cents: int | None
    institutions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A product at a role's price; `institutions`, `campuses`: where it does not hold for all.

    `sold_from`: the first day of its price; None: it holds already. `coming` are those after it.
    """

    listed: ListedPrice
    institutions: Sequence[str]
    campuses: Sequence[str]
    sold_from: date | None = None
    coming: Sequence[ComingPrice] = ()


@dataclass(frozen=True, slots=True)
class RegionalAdmission:
    """Institutions of which only who studies in a region is admitted; `region`: its names."""

    region: Mapping[str, str]
    institutions: Sequence[str]


@dataclass(frozen=True, slots=True)
class RolePrices:
    """What is sold to a role, and whose institutions admit it, of all regions or of some."""

    role: RoleName
    prices: Sequence[PriceLine]
    institutions: Sequence[str]
    regional: Sequence[RegionalAdmission] = ()

    @property
    def least(self) -> int:
        """The lowest price, in cents."""
        return min(line.listed.cents for line in self.prices)


@dataclass(frozen=True, slots=True)
class Buyer:
    """As what a person buys: the role at an institution, proven until a day."""

    institution: str
    role: RoleName
    until: date


@dataclass(frozen=True, slots=True)
class Desk:
    """A campus with a desk, as a place to go to: its address, and when it is open.

    `same_day`: it closes, or opens next, on the present day.
    """

    name: str
    street: str | None
    place: str | None
    map_url: str | None
    state: OpenState
    same_day: bool = True

    @property
    def rank(self) -> tuple[object, ...]:
        """In which order desks are named: open ones first, then by when they open."""
        opens = self.state.opens_at
        return (
            not self.state.is_open,
            opens is None,
            opens.timestamp() if opens else 0,
            self.street is None,
            self.name,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do before buying. `desks`: where to prove it, the best one first.

    `where` is where they say to study or work; `role` is what they show a card of; `ended` is when
    the last proof ended.
    """

    name: StepName
    where: str = ""
    role: RoleName = "student"
    ended: date | None = None
    desks: Sequence[Desk] = ()


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as it stands in the list.

    `href` buys it; without one it is locked, for a `reason` or until the step is done. `monthly` is
    the price of a month in cents; `best`: the lowest of those that open the same. `coming` are the
    prices that begin later.
    """

    code: str
    name: Mapping[str, str]
    entitlements: Sequence[str]
    campuses: Sequence[str]
    cents: int
    duration: str = "season"
    length_days: int | None = None
    visits: int | None = None
    activate_by: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    institutions: Sequence[str] = ()
    parts: Sequence[Mapping[str, str]] = ()
    conditions: Conditions = NONE
    href: str | None = None
    reason: str = ""
    monthly: int | None = None
    best: bool = False
    coming: Sequence[ComingPrice] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """What follows a pass without a day between."""

    name: Mapping[str, str]
    cents: int
    starts_on: date
    ends_on: date
    href: str


@dataclass(frozen=True, slots=True)
class HeldPass:
    """A pass that a person has. `soon`: it ends within the weeks of the warning."""

    held: PassView
    soon: bool
    extensions: Sequence[Extension]
    upgrades: Sequence[Extension] = ()


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A price list to look at."""

    role: RoleName
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShopPage:
    """The shop. `notice` says why nothing is sold at the moment; `onward` is where one goes after.
    `in_basket`: how many products are in the reader's basket.

    `prices` is the list of the chosen role, for those who may buy at its prices.
    """

    signed_in: bool
    buyers: Sequence[Buyer]
    step: Step | None
    held: Sequence[HeldPass]
    roles: Sequence[RoleChoice]
    cards: Sequence[ProductCard]
    prices: RolePrices | None
    notice: str | None
    charges_vat: bool
    onward: str
    in_basket: int = 0

    @property
    def basket_path(self) -> str:
        """The address of the reader's basket."""
        return with_next("/basket", self.onward)

    @property
    def role(self) -> RoleName:
        """The role whose prices are shown."""
        return next((one.role for one in self.roles if one.chosen), "student")

    @property
    def for_others(self) -> bool:
        """Whether the shown prices are not for the reader, who buys in another role."""
        return bool(self.buyers) and self.role not in {buyer.role for buyer in self.buyers}

    @property
    def sign_in(self) -> str:
        """The address that signs in and leads back here."""
        return "/sign-in?" + urlencode({"next": with_next("/buy", self.onward)})


def with_coming(
    now: Sequence[PriceLine], later: Iterable[tuple[date, Sequence[PriceLine]]]
) -> list[PriceLine]:
    """Return the lines of a price list with what changes in each later; `later` is by day.

    What is not sold yet follows the others, in the order in which its sale begins.
    """
    found = {(line.listed.code, line.listed.group): line for line in now}
    last: dict[tuple[str, str], PriceLine | None] = dict(found)
    for day, lines in later:
        then = {(line.listed.code, line.listed.group): line for line in lines}
        for key in list(dict.fromkeys((*last, *then))):
            old, new = last.get(key), then.get(key)
            if _costs(old) == _costs(new):
                continue
            last[key] = new
            if key not in found and new is not None:
                found[key] = replace(new, sold_from=day)
            elif key in found:
                coming = ComingPrice(day, *(_costs(new) or (None, ())))
                found[key] = replace(found[key], coming=[*found[key].coming, coming])
    return list(found.values())


def sold_today(lines: Sequence[PriceLine]) -> list[PriceLine]:
    """Return the lines that are sold already, with what else begins for some institutions only.

    That stands at the price for everybody, which is theirs until then.
    """
    return [
        line if line.listed.group else replace(line, coming=_with_others(line, lines))
        for line in lines
        if line.sold_from is None
    ]


def _with_others(line: PriceLine, lines: Sequence[PriceLine]) -> list[ComingPrice]:
    begins = [
        ComingPrice(one.sold_from, one.listed.cents, one.institutions)
        for one in lines
        if one.sold_from is not None and one.listed.code == line.listed.code
    ]
    return sorted([*line.coming, *begins], key=lambda one: one.valid_from)


def _costs(line: PriceLine | None) -> tuple[int, Sequence[str]] | None:
    return None if line is None else (line.listed.cents, line.institutions)


def with_next(path: str, onward: str, **more: str) -> str:
    """Return an address of the shop that remembers where its reader goes after buying."""
    query = {**more, "next": onward} if onward else more
    return f"{path}?{urlencode(query)}" if query else path


def listed_card(line: PriceLine) -> ProductCard:
    """Return a product of the price list."""
    one = line.listed
    return ProductCard(
        code=one.code,
        name=one.name,
        entitlements=one.entitlements,
        campuses=line.campuses,
        cents=one.cents,
        duration=one.duration,
        length_days=one.length_days,
        visits=one.visits,
        institutions=line.institutions,
        parts=one.parts,
        conditions=one.conditions,
        coming=line.coming,
    )


def offered_card(
    quote: Quote, campuses: Sequence[str], onward: str, lines: Sequence[PriceLine]
) -> ProductCard:
    """Return a product at the reader's own price and days; `lines` are those of their role."""
    priced = (quote.product.code, quote.cents)
    own = [line for line in lines if (line.listed.code, line.listed.cents) == priced]
    from_activation = quote.days_from_activation
    days = from_activation or (quote.ends_on - quote.starts_on).days + 1
    return ProductCard(
        code=quote.product.code,
        name=names_of(quote.product),
        entitlements=quote.entitlements,
        campuses=campuses,
        cents=quote.cents,
        duration=quote.product.duration,
        length_days=from_activation,
        visits=quote.product.visits,
        activate_by=quote.ends_on if from_activation else None,
        starts_on=quote.starts_on,
        ends_on=quote.ends_on,
        parts=[part.name for part in parts_of_offer(quote)],
        conditions=quote.conditions,
        href=with_next(f"/buy/{quote.product.code}", onward),
        # Not of counted visits: a month of them is no month of as many as one likes. Nor of a
        # bundle, whose parts have days of their own.
        coming=own[0].coming if own else (),
        monthly=_monthly(quote.cents, days)
        if days >= MONTHLY_FROM and quote.cents and not quote.product.visits and not quote.parts
        else None,
    )


def _monthly(cents: int, days: int) -> int:
    return int(round_half_up(Decimal(cents * DAYS_A_YEAR) / (MONTHS_A_YEAR * days)))


def with_best(cards: Sequence[ProductCard]) -> list[ProductCard]:
    """Mark the cheapest month of those that open the most, where there is a choice."""
    most = max((len(card.entitlements) for card in cards), default=0)
    rivals = [card for card in cards if len(card.entitlements) == most and card.monthly]
    if len({card.monthly for card in rivals}) < 2:
        return list(cards)
    least = min(card.monthly for card in rivals if card.monthly)
    return [replace(card, best=card.monthly == least) if card in rivals else card for card in cards]


def extensions_of(held: PassView, offers: Iterable[PriceQuote], onward: str) -> list[Extension]:
    """Return what is offered from the day after a pass ends, and opens the same as it does."""
    return [
        Extension(
            names_of(offer.product),
            offer.quote.cents,
            offer.quote.starts_on,
            offer.quote.ends_on,
            with_next(f"/buy/{offer.product.code}", onward),
        )
        for offer in offers
        if offer.quote
        and set(offer.product.entitlements) == set(held.entitlements)
        and offer.product.conditions.hours == held.conditions.hours
        and offer.product.conditions.activities == held.conditions.activities
        and offer.product.conditions.roots == held.conditions.roots
        and (offer.quote.starts_on - held.last_day).days == 1
    ]


def upgrade_of(offer: UpgradeOffer, onward: str) -> Extension:
    """Return what a pass can be upgraded to, with the address at which it is ordered."""
    quote = offer.quote
    return Extension(
        names_of(quote.product),
        quote.cents,
        quote.starts_on,
        quote.ends_on,
        with_next(f"/buy/{quote.product.code}", onward, upgrades=str(offer.pass_id)),
    )


def by_region(
    limited: Iterable[tuple[str, Mapping[str, str], str]],
) -> list[RegionalAdmission]:
    """Return the institutions of each region by its code, in their order.

    `limited` is the code and the names of a region, and one of its institutions.
    """
    regions: dict[str, Mapping[str, str]] = {}
    found: dict[str, list[str]] = {}
    for code, names, institution in limited:
        regions[code] = names
        found.setdefault(code, []).append(institution)
    return [RegionalAdmission(regions[code], found[code]) for code in sorted(found)]
