"""People by e-mail address, public id or internal id, and a person as the API shows them."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Final, TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.text import normal_email
from zone.members.affiliations.queries import AffiliationView, affiliations_of
from zone.members.eligibility.queries import eligibility
from zone.members.people.models import Member, NameTrigram
from zone.members.people.trigrams import trigrams_of, words_of
from zone.members.roles.queries import service_roles

AT_ONCE: Final = 1000
"""People in memory at a time."""


class PersonView(TypedDict):
    """A person as the API shows them; `roles` are service roles and those that are proven."""

    id: uuid.UUID
    email: str
    name: str
    language: str
    more_time: bool
    roles: list[str]
    affiliations: list[AffiliationView]


def member_by_email(session: Session, email: str) -> Member | None:
    """Return the person with that address in any spelling, or None."""
    return session.scalar(select(Member).where(Member.email == normal_email(email)))


def members_by_email(session: Session, emails: Collection[str]) -> dict[str, int]:
    """Return the ids of the people with these addresses, which have their normal form."""
    query = select(Member.email, Member.id).where(Member.email.in_(emails))
    return dict(session.execute(query).all())


def member_by_public_id(session: Session, public_id: uuid.UUID) -> Member:
    """Return the person with that public id.

    Raises:
        DomainError: not_found.
    """
    member = session.scalar(select(Member).where(Member.public_id == public_id))
    if member is None:
        raise DomainError(NOT_FOUND)
    return member


def member_by_id(session: Session, member_id: int) -> Member:
    """Return the person with that internal id.

    Raises:
        DomainError: not_found.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise DomainError(NOT_FOUND)
    return member


def display_name(session: Session, member_id: int) -> str:
    """Return the name of a person, or the address where they gave no name."""
    member = member_by_id(session, member_id)
    return member.name or member.email


def first_created_at(session: Session) -> datetime | None:
    """Return when the first person was added; None when there is nobody."""
    return session.scalar(select(func.min(Member.created_at)))


def person_view(session: Session, member: Member, on: date) -> PersonView:
    """Return a person with their roles and affiliations on a Helsinki day."""
    proven = {eligible_as.role for eligible_as in eligibility(session, member.id, on)}
    return {
        "id": member.public_id,
        "email": member.email,
        "name": member.name,
        "language": member.language,
        "more_time": member.more_time,
        "roles": sorted(proven | service_roles(session, member.id)),
        "affiliations": affiliations_of(session, member.id, on),
    }


def wrongly_indexed(session: Session) -> list[int]:
    """Return the people whose stored trigrams are not those of their name and address."""
    wrong, last = list[int](), 0
    query = select(Member.id, Member.name, Member.email).order_by(Member.id).limit(AT_ONCE)
    while people := session.execute(query.where(Member.id > last)).all():
        first, last = people[0].id, people[-1].id
        stored: dict[int, set[str]] = defaultdict(set)
        of_these = select(NameTrigram.member_id, NameTrigram.trigram).where(
            NameTrigram.member_id.between(first, last)
        )
        for member_id, trigram in session.execute(of_these):
            stored[member_id].add(trigram)
        wrong += [
            member_id
            for member_id, name, email in people
            if stored[member_id] != trigrams_of(words_of(name, email))
        ]
    return wrong
