"""Create and change people; find and lock them for staff; their audit rows. Never commits."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from zone.core.audit import service as audit
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Actor, Permission
from zone.core.ids import new_holder, new_public_id
from zone.core.text import visible_text
from zone.members.people import queries
from zone.members.people.models import Member, write_trigrams
from zone.members.people.rules import LONGEST_NAME, VIEW_MEMBER, normalize_email
from zone.members.roster_marks.service import mark_roster

# In the order of ids: two transactions that lock the same people would deadlock otherwise. Made
# once: others wait for a session while its booker is locked.
_LOCK: Final = (
    select(Member.id)
    .where(Member.id.in_(bindparam("member_ids", expanding=True)))
    .order_by(Member.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person to be added."""

    email: str
    name: str
    language: str


def create_member(
    session: Session, *, email: str, name: str, language: str, now: datetime
) -> Member:
    """Add a person; the name may be empty until they give it.

    Raises:
        DomainError: email_invalid; member_exists, when the row is written.
    """
    return create_members(session, [NewMember(email, name, language)], now)[0]


def create_members(session: Session, people: Sequence[NewMember], now: datetime) -> list[Member]:
    """Add some people, in few statements. Pass them in the order of their addresses.

    Raises:
        DomainError: as `create_member`.
    """
    members = [
        Member(
            public_id=new_public_id(),
            holder=holder,
            email=normalize_email(person.email),
            name=visible_text(person.name)[:LONGEST_NAME],
            language=person.language if person.language in LANGUAGES else "en",
            created_at=now,
        )
        for person, holder in zip(people, _free_holders(session, len(people)), strict=True)
    ]
    session.add_all(members)
    session.flush()
    return members


def _free_holders(session: Session, count: int) -> list[int]:
    # The unique key decides; this look-up makes its refusal rarer (1 in 43,000 at 100,000 people).
    free = set[int]()
    while len(free) < count:
        drawn = {new_holder() for _ in range(count - len(free))}
        taken = session.scalars(select(Member.holder).where(Member.holder.in_(drawn)))
        free |= drawn.difference(taken)
    return list(free)


def update_member(
    session: Session,
    member_id: int,
    *,
    name: str | None = None,
    language: str | None = None,
    more_time: bool | None = None,
    now: datetime,
) -> Member:
    """Change a person's own name or language, or how long doors stay open; None leaves it.

    Raises:
        DomainError: not_found.
    """
    # The words by which they are found come from the whole row: who changes the address waits.
    lock_members(session, [member_id])
    member = queries.member_by_id(session, member_id)
    if name is not None:
        member.name = visible_text(name)[:LONGEST_NAME]
    # An unknown language changes nothing: the mails exist in three.
    if language in LANGUAGES:
        member.language = language
    if more_time not in (None, member.more_time):
        member.more_time = bool(more_time)
        mark_roster(session, [member_id], now)
    session.flush()
    return member


def find_member(session: Session, actor: Actor, email: str, now: datetime) -> Member:
    """Return the person with that address, and audit that staff looked.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.PEOPLE_READ)
    member = queries.member_by_email(session, email)
    if member is None:
        raise DomainError(NOT_FOUND)
    audit_member(session, VIEW_MEMBER, member, actor.id, now)
    return member


def view_member(session: Session, actor: Actor, person: uuid.UUID, now: datetime) -> Member:
    """Return the person with that public id, and audit that the desk looked.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.DESK_USE)
    member = queries.member_by_public_id(session, person)
    audit_member(session, VIEW_MEMBER, member, actor.id, now)
    return member


def another_member(session: Session, actor: Actor, person: uuid.UUID) -> Member:
    """Return the person with that public id, for whom staff act; nobody acts on themselves.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself.
    """
    actor.require(Permission.DESK_USE)
    member = queries.member_by_public_id(session, person)
    actor.require_other(member.id)
    return member


def audit_member(
    session: Session,
    action: str,
    person: Member,
    actor_id: int | None,
    now: datetime,
    *,
    before: audit.AuditValues = None,
    after: audit.AuditValues = None,
    reason: str | None = None,
) -> None:
    """Write the audit row of a staff action on a person; `actor_id` None: by a command."""
    audit_person(
        session,
        action,
        person.public_id,
        actor_id,
        now,
        before=before,
        after=after,
        reason=reason,
    )


def audit_person(
    session: Session,
    action: str,
    person: uuid.UUID,
    actor_id: int | None,
    now: datetime,
    *,
    before: audit.AuditValues = None,
    after: audit.AuditValues = None,
    reason: str | None = None,
) -> None:
    """As `audit_member`, by the person's public id."""
    audit.record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="member",
        object_id=person,
        before=before,
        after=after,
        reason=reason,
        now=now,
    )


def lock_member(session: Session, member: uuid.UUID) -> Member:
    """Return the person, locked until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    person = queries.member_by_public_id(session, member)
    # NO KEY UPDATE: two staff actions on one person wait for each other, while inserts that only
    # refer to the member go on. On SQLite the write transaction itself is the lock.
    session.execute(select(Member.id).where(Member.id == person.id).with_for_update(key_share=True))
    return person


def lock_members(session: Session, member_ids: Collection[int]) -> int:
    """Lock several members in the order of their ids; return how many exist."""
    return len(session.scalars(_LOCK, {"member_ids": list(member_ids)}).all())


def lock_holder(session: Session, member_id: int) -> int:
    """Lock a member's row; return the member's pseudonym at the doors.

    Raises:
        NoResultFound: there is no such member.
    """
    query = select(Member.holder).where(Member.id == member_id).with_for_update()
    return session.execute(query).scalar_one()


def lock_members_by_holder(session: Session, holders: Collection[int]) -> dict[int, int]:
    """Lock the members with these pseudonyms; return their ids by pseudonym."""
    # In the order of ids, as everywhere: two transactions that lock crosswise would deadlock.
    query = select(Member.holder, Member.id).where(Member.holder.in_(holders)).order_by(Member.id)
    return dict(session.execute(query.with_for_update(key_share=True)).all())


def index_members(session: Session, member_ids: Collection[int]) -> None:
    """Write the trigrams of some people anew, as each change of a name does by itself."""
    lock_members(session, member_ids)  # who changes a name at this moment writes the same rows
    query = select(Member.id, Member.name, Member.email).where(Member.id.in_(member_ids))
    for member_id, name, email in session.execute(query.order_by(Member.id)).all():
        write_trigrams(session.connection(), member_id, name, email)
