"""The people of the term: who they are, and the passes that they bought over the last years."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.demo.term import names, orders
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.demo.term.orders import Bought
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility.models import EligibilityProof
from zone.members.institutions.models import Institution
from zone.members.people.models import Member
from zone.members.people.service import index_members
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass, PassEvent

BEYOND: Final = timedelta(days=60)
"""How long proofs are still valid."""
SHARES: Final = {
    "metropolia": 40,
    "haaga-helia": 24,
    "laurea": 20,
    "arcada": 8,
    "diak": 5,
    "humak": 3,
}
"""People of each institution, of a hundred."""
STAFF: Final = 0.08
"""The share of staff, where an institution's staff is admitted."""
TERM: Final = "sports-term"
GYM_MONTH: Final = "gym-month"
PURCHASES: Final = (
    (TERM, 2, 9, 14, 0.95),
    (GYM_MONTH, 17, 18, 20, 0.6),
    (GYM_MONTH, 21, 24, 27, 0.55),
    (TERM, 28, 40, 46, 0.8),
    (GYM_MONTH, 46, 49, 53, 0.3),
    (TERM, 54, 61, 68, 0.85),
    (GYM_MONTH, 69, 70, 72, 0.5),
    (GYM_MONTH, 73, 76, 79, 0.5),
    (TERM, 80, 92, 98, 0.75),
)
"""Weeks ago between which, and around which, a pass was bought; the share of people who did.

The year's curve: most buy when a term begins, and a month of the gym between terms. Two years.
"""
LATEST_TERM: Final = timedelta(weeks=17)
"""Term passes that were bought so long ago, at most, are still valid; no gym pass was."""
USED: Final = 0.95
"""The share of passes that were taken into use."""


@dataclass(frozen=True, slots=True)
class TermMember:
    """What later rows need of a person. `since`: when their present pass was taken into use."""

    id: int
    holder: int
    institution: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is; `role` is student or staff."""

    id: int
    holder: int
    institution: Institution
    role: str


def load(session: Session, count: int, now: datetime, chance: random.Random) -> list[TermMember]:
    """Make `count` people with their passes; return those whose pass of today was used."""
    institutions = session.scalars(select(Institution).order_by(Institution.id)).all()
    weights = [SHARES.get(institution.code, 1) for institution in institutions]
    chosen = chance.choices(institutions, weights, k=count)
    member_ids = ids(session, Member)
    people = [
        Person(next(member_ids), holder, institution, _role(institution, chance))
        for holder, institution in zip(_holders(session, count, chance), chosen, strict=True)
    ]
    bought = [list(_purchases(person, now, chance)) for person in people]
    first = [min((item.at for item in items), default=now) for items in bought]
    members = [_member(person, since, chance) for person, since in zip(people, first, strict=True)]
    write(session, Member, members)
    index_members(session, [person.id for person in people])
    _affiliations(session, people, first, now, chance)
    _passes(
        session,
        sorted((item for items in bought for item in items), key=lambda item: item.at),
        chance,
    )
    mark_roster(session, [person.id for person in people], now)
    return [
        TermMember(person.id, person.holder, person.institution.code, items[0].used)
        for person, items in zip(people, bought, strict=True)
        if items and items[0].used is not None and now - items[0].at < LATEST_TERM
    ]


def _purchases(person: Person, now: datetime, chance: random.Random) -> Iterator[Bought]:
    """Yield a person's passes, the newest first; none overlaps another."""
    for product, least, usual, most, share in PURCHASES:
        if chance.random() < share:
            weeks = chance.triangular(least, most, usual)
            at = (now - timedelta(weeks=weeks)).replace(microsecond=0)
            used = at + timedelta(minutes=chance.randrange(1, 60 * 24 * 6))
            yield Bought(
                person.id,
                person.institution.code,
                person.role,
                product,
                at,
                used if chance.random() < USED and used < now else None,
            )


def _holders(session: Session, count: int, chance: random.Random) -> list[int]:
    taken = set(session.scalars(select(Member.holder)))
    drawn = chance.sample(range(1, 2**32), count + len(taken))
    return [holder for holder in drawn if holder not in taken][:count]


def _member(person: Person, since: datetime, chance: random.Random) -> Row:
    name = names.full_name(chance)
    return {
        "id": person.id,
        "public_id": random_id(chance),
        "holder": person.holder,
        "name": name,
        "email": names.address(name, person.id),
        "language": chance.choices(("fi", "sv", "en"), (70, 10, 20))[0],
        "created_at": since,
    }


def _affiliations(
    session: Session,
    people: Sequence[Person],
    first: Sequence[datetime],
    now: datetime,
    chance: random.Random,
) -> None:
    claims, proofs = ids(session, Affiliation), ids(session, EligibilityProof)
    claimed: list[Row] = [
        {
            "id": next(claims),
            "public_id": random_id(chance),
            "member_id": person.id,
            "institution_id": person.institution.id,
            "role": person.role,
            "study_region": "capital",
        }
        for person in people
    ]
    proven: list[Row] = [
        {
            "id": next(proofs),
            "affiliation_id": claim["id"],
            "source": "example",
            "valid_from": helsinki_date(since),
            "valid_until": helsinki_date(now + BEYOND),
            "occurred_at": since,
            "recorded_at": since,
        }
        for claim, since in zip(claimed, first, strict=True)
    ]
    write(session, Affiliation, claimed)
    write(session, EligibilityProof, proven)


def _role(institution: Institution, chance: random.Random) -> str:
    return "staff" if institution.admits_staff and chance.random() < STAFF else "student"


def _passes(session: Session, bought: Sequence[Bought], chance: random.Random) -> None:
    products = {
        code: catalogue_queries.product_by_code(session, code) for code in (TERM, GYM_MONTH)
    }
    numbers, lines = ids(session, Pass), orders.load(session, products, bought, chance)
    numbered = [(next(numbers), item) for item in bought]
    rows = [
        _pass(number, item, line, products[item.product], chance)
        for (number, item), line in zip(numbered, lines, strict=True)
    ]
    write(session, Pass, rows)
    events = ids(session, PassEvent)
    write(
        session,
        PassEvent,
        (
            {
                "id": next(events),
                "pass_id": number,
                "kind": kind,
                "occurred_at": at,
                "recorded_at": at,
                "by": "example",
            }
            for number, item in numbered
            for kind, at in (("sold", item.at), ("activated", item.used), ("first_used", item.used))
            if at is not None
        ),
    )


def _pass(number: int, item: Bought, line: int, product: Product, chance: random.Random) -> Row:
    first, last = item.days(product)
    return {
        "id": number,
        "order_line_id": line,
        "public_id": random_id(chance),
        "member_id": item.member_id,
        "product_id": product.id,
        "kind": product.kind,
        "entitlements": product.entitlements,
        "campuses": product.campuses,
        "starts_on": first,
        "ends_on": last,
    }
