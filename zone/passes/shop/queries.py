"""Read the shop: the price lists for everybody, and what a person may buy and has to do first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.members.affiliations import queries as affiliations_queries
from zone.members.eligibility import queries as eligibility_queries
from zone.members.institutions import queries as institutions_queries
from zone.members.institutions.queries import names_of_region
from zone.passes.baskets.queries import basket_size
from zone.passes.bundles.queries import items_by_bundle
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.views import listed_prices
from zone.passes.customer_groups.queries import group_rows
from zone.passes.customer_groups.rules import members_on
from zone.passes.orders.views import sentence_of
from zone.passes.pass_rules.queries import renewal_days
from zone.passes.passes import queries as passes_queries
from zone.passes.quotes import queries as quotes
from zone.passes.quotes.queries import PriceQuote
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.rules import Seller
from zone.passes.shop import views
from zone.passes.shop.views import (
    ROLES,
    Buyer,
    Desk,
    HeldPass,
    PriceLine,
    ProductCard,
    RoleChoice,
    RoleName,
    RolePrices,
    ShopPage,
    Step,
)
from zone.passes.upgrades.queries import upgrades_of
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import rules as opening_hours_rules
from zone.places.opening_hours.queries import CampusHours, hours_by_campus

HOLDS: frozenset[str] = frozenset({"valid", "not_yet", "paused"})


@dataclass(frozen=True, slots=True)
class ShopRequest:
    """Who looks at the shop, and at which price list; None: who is not known, or their own list.

    `onward` is the path on which they go on after buying; `warn` is how many days before its end a
    pass is said to end soon, where no rules of passes are set. `language` is that of the reasons.
    """

    member_id: int | None
    role: RoleName | None
    onward: str
    warn: timedelta
    language: str
    now: datetime

    @property
    def today(self) -> date:
        """The Helsinki day."""
        return helsinki_date(self.now)


def price_lists(
    session: Session, names: Mapping[str, str], today: date, *, coming: bool = False
) -> list[RolePrices]:
    """Return what is sold to each role; `names` are those of the campuses by code.

    `coming`: with the prices that begin later, also of what is not sold yet.
    """
    catalogue, groups = catalogue_queries.products(session), group_rows(session)
    bundles = items_by_bundle(session)
    institutions = institutions_queries.institutions_with_regions(session)
    changes = {price.valid_from for _, prices in catalogue for price in prices}
    changes |= {row.valid_from for row in groups}
    later = sorted(day for day in changes if day > today) if coming else []

    def lines_on(role: RoleName, day: date) -> list[PriceLine]:
        members = members_on(groups, day)
        return [
            PriceLine(
                listed,
                members.get(listed.group, []),
                [names.get(code, code) for code in listed.campuses],
            )
            for listed in listed_prices(catalogue, bundles, role, day)
            # A group without an institution is nobody, and no institution named would be everybody.
            if not listed.group or listed.group in members
        ]

    roles = []
    for role in ROLES:
        admitted = [
            (one, region)
            for one, region in institutions
            if (one.admits_students if role == "student" else one.admits_staff)
        ]
        prices = views.with_coming(
            lines_on(role, today), [(day, lines_on(role, day)) for day in later]
        )
        # The agreement on a region is about students.
        limited = [
            (region.code, names_of_region(region), one.name)
            for one, region in admitted
            if role == "student" and region
        ]
        roles.append(
            RolePrices(
                role,
                prices,
                [one.name for one, region in admitted if role != "student" or region is None],
                views.by_region(limited),
            )
        )
    return [one for one in roles if one.prices]


def shop_page(session: Session, asked: ShopRequest, seller: Seller) -> ShopPage:
    """Return the shop for its reader."""
    names = {campus.code: campus.name for campus in campuses_queries.campuses(session)}
    lists = [
        replace(one, prices=sold)
        for one in price_lists(session, names, asked.today, coming=True)
        if (sold := views.sold_today(one.prices))
    ]
    buyers = _buyers(session, asked.member_id, asked.today) if asked.member_id else []
    offers = _offers(session, asked, seller) if buyers else []
    own = [buyer.role for buyer in buyers]
    role = asked.role or next(iter(own), ROLES[0])
    prices = next((one for one in lists if one.role == role), None)
    lines = prices.prices if prices else []
    return ShopPage(
        in_basket=basket_size(session, asked.member_id) if asked.member_id else 0,
        signed_in=asked.member_id is not None,
        buyers=buyers,
        step=_step(session, asked) if not buyers and seller.is_complete else None,
        held=_held(session, asked, offers, seller),
        roles=[
            RoleChoice(
                one.role, views.with_next("/buy", asked.onward, role=one.role), one.role == role
            )
            for one in lists
        ],
        cards=_own_cards(offers, role, lines, names, asked)
        if role in own
        else [views.listed_card(line) for line in lines],
        prices=prices,
        notice=None
        if seller.is_complete
        else sentence_of(DomainError(SELLER_MISSING), asked.language),
        charges_vat=seller.charges_vat,
        onward=asked.onward,
    )


def _offers(session: Session, asked: ShopRequest, seller: Seller) -> list[PriceQuote]:
    return quotes.offers(
        session,
        asked.member_id or 0,
        now=asked.now,
        seller_vat=seller.charges_vat,
        seller=seller,
    )


def _held(
    session: Session, asked: ShopRequest, offers: Sequence[PriceQuote], seller: Seller
) -> list[HeldPass]:
    """Return the passes of the reader that are valid or will be, the earliest first."""
    if asked.member_id is None:
        return []
    passes = passes_queries.passes_of(session, asked.member_id, asked.now)
    soon = timedelta(days=renewal_days(session, asked.today, asked.warn.days))
    return [
        HeldPass(
            one,
            one.last_day <= asked.today + soon,
            views.extensions_of(one, offers, asked.onward),
            [
                views.upgrade_of(offer, asked.onward)
                for offer in (
                    upgrades_of(
                        session, asked.member_id, one.id, asked.now, seller_vat=seller.charges_vat
                    )
                    if offers and seller.is_complete
                    else ()
                )
            ],
        )
        for one in reversed(passes)
        if one.state in HOLDS
    ]


def _buyers(session: Session, member_id: int, today: date) -> list[Buyer]:
    names = {one.code: one.name for one in institutions_queries.institutions(session)}
    return [
        Buyer(
            names[proof.institution_code],
            "student" if proof.role == "student" else "staff",
            proof.valid_until,
        )
        for proof in eligibility_queries.eligibility(session, member_id, today)
    ]


def _step(session: Session, asked: ShopRequest) -> Step:
    """Return the one thing that who cannot buy yet has to do."""
    if asked.member_id is None:
        return Step("sign_in")
    said = affiliations_queries.affiliations_of(session, asked.member_id, asked.today)
    admitted = [one for one in said if one.admitted]
    if not said:
        return Step("add")
    if not admitted:
        return Step("outside", where=said[-1].institution_name)
    ended = [
        proof.valid_until
        for proof in eligibility_queries.proofs_of(session, asked.member_id)
        if not proof.withdrawn and proof.valid_until < asked.today
    ]
    return Step(
        "prove_again" if ended else "prove",
        where=admitted[-1].institution_name,
        role="student" if admitted[-1].role == "student" else "staff",
        ended=max(ended, default=None),
        desks=desks(session, asked.now),
    )


def desks(session: Session, now: datetime) -> list[Desk]:
    """Return the campuses as places to go to: the open ones first, then what opens next."""
    today = helsinki_date(now)
    hours = hours_by_campus(
        session, today - opening_hours_rules.A_DAY, today + opening_hours_rules.AHEAD[-1]
    )
    found = []
    for campus in campuses_queries.campuses(session):
        own = hours.get(campus.id, CampusHours())
        state = opening_hours_rules.open_state(own.week, own.exceptions, now)
        changes = state.until or state.opens_at
        found.append(
            Desk(
                campus.name,
                campus.street,
                f"{campus.postal_code} {campus.city}" if campus.street else None,
                campuses_queries.map_of(campus),
                state,
                changes is not None and helsinki_date(changes) == today,
            )
        )
    return sorted(found, key=lambda desk: desk.rank)


def _own_cards(
    offers: Sequence[PriceQuote],
    role: RoleName,
    lines: Sequence[PriceLine],
    names: Mapping[str, str],
    asked: ShopRequest,
) -> list[ProductCard]:
    """Return what the reader may buy in a role; what is refused comes with the reason."""
    listed = {line.listed.code: views.listed_card(line) for line in lines}
    cards = []
    for offer in offers:
        if offer.quote and offer.quote.role == role:
            campuses = [names.get(code, code) for code in offer.quote.campuses]
            cards.append(views.offered_card(offer.quote, campuses, asked.onward, lines))
        elif offer.refusal and offer.product.code in listed:
            reason = sentence_of(offer.refusal, asked.language)
            cards.append(replace(listed[offer.product.code], reason=reason))
    return views.with_best(
        sorted(cards, key=lambda card: (-len(card.entitlements), card.cents, card.code))
    )
