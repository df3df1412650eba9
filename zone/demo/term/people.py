"""The members of the term: students with a proof and a pass used since the term began."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.row_records.service import record_all
from zone.core.time import helsinki_date
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.members.affiliations.models import Affiliation, Institution
from zone.members.eligibility.models import EligibilityProof
from zone.members.people.models import Member
from zone.members.people.service import index_members
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass, PassEvent

BEYOND: Final = timedelta(days=60)
"""How long proofs and passes are still valid."""


@dataclass(frozen=True, slots=True)
class TermMember:
    """What later rows need of a member."""

    id: int
    holder: int
    institution: str
    pass_id: int


def load(
    session: Session, count: int, since: datetime, now: datetime, chance: random.Random
) -> list[TermMember]:
    """Make `count` members since the beginning of the term."""
    institutions = session.execute(
        select(Institution.id, Institution.code).order_by(Institution.id)
    ).all()
    chosen = [chance.choice(institutions) for _ in range(count)]
    member_ids, pass_ids = ids(session, Member), ids(session, Pass)
    people = [
        TermMember(next(member_ids), holder, institution.code, next(pass_ids))
        for holder, institution in zip(_holders(session, count, chance), chosen, strict=True)
    ]
    write(
        session,
        Member,
        [_member(number, person, since, chance) for number, person in enumerate(people)],
    )
    index_members(session, [person.id for person in people])
    _affiliations(session, people, chosen, since, now, chance)
    _passes(session, people, since, now, chance)
    for model in (Member, Affiliation, EligibilityProof, Pass):
        record_all(session, model.__tablename__)
    mark_roster(session, [person.id for person in people], since)
    return people


def _holders(session: Session, count: int, chance: random.Random) -> list[int]:
    taken = set(session.scalars(select(Member.holder)))
    drawn = chance.sample(range(1, 2**32), count + len(taken))
    return [holder for holder in drawn if holder not in taken][:count]


def _member(number: int, person: TermMember, since: datetime, chance: random.Random) -> Row:
    return {
        "id": person.id,
        "public_id": random_id(chance),
        "holder": person.holder,
        "name": f"Esimerkki {number}",
        "email": f"member-{number}@zone.example",
        "language": chance.choice(("fi", "sv", "en")),
        "created_at": since,
    }


def _affiliations(
    session: Session,
    people: Sequence[TermMember],
    institutions: Sequence[Any],
    since: datetime,
    now: datetime,
    chance: random.Random,
) -> None:
    claims, proofs = ids(session, Affiliation), ids(session, EligibilityProof)
    claimed: list[Row] = [
        {
            "id": next(claims),
            "public_id": random_id(chance),
            "member_id": person.id,
            "institution_id": institution.id,
            "role": "student",
            "study_region": "capital",
        }
        for person, institution in zip(people, institutions, strict=True)
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
        for claim in claimed
    ]
    write(session, Affiliation, claimed)
    write(session, EligibilityProof, proven)


def _passes(
    session: Session,
    people: Sequence[TermMember],
    since: datetime,
    now: datetime,
    chance: random.Random,
) -> None:
    product = catalogue_queries.product_by_code(session, "sports-term")
    write(session, Pass, [_pass(person, product, since, now, chance) for person in people])
    write(
        session,
        PassEvent,
        (
            {
                "pass_id": person.pass_id,
                "kind": kind,
                "occurred_at": since,
                "recorded_at": since,
                "by": "example",
            }
            for person in people
            for kind in ("sold", "activated", "first_used")
        ),
    )


def _pass(
    person: TermMember, product: Product, since: datetime, now: datetime, chance: random.Random
) -> Row:
    return {
        "id": person.pass_id,
        "public_id": random_id(chance),
        "member_id": person.id,
        "product_id": product.id,
        "kind": product.kind,
        "entitlements": product.entitlements,
        "campuses": product.campuses,
        "starts_on": helsinki_date(since),
        "ends_on": helsinki_date(now + BEYOND),
    }
