"""People: making members, recording and proving their affiliations, granting roles, and the audit of staff actions."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_holder, new_public_id
from zone.core.text import LANGUAGES, normal_email, tidy
from zone.http.auth import Actor
from zone.members import passwords, queries, rules
from zone.members.errors import (
    AFFILIATION_ROLE,
    EMAIL_INVALID,
    INSTITUTION_UNKNOWN,
    LAST_ADMIN,
    PROOF_DATES,
    ROLE_UNKNOWN,
)
from zone.members.models import (
    Affiliation,
    AuditRow,
    EligibilityProof,
    Institution,
    Member,
    ProofWithdrawal,
    RoleGrant,
    RosterMark,
)
from zone.members.sessions import actor_of_token, end_all_sessions, end_session, open_session

__all__ = ["Actor", "actor_of_token", "end_all_sessions", "end_session", "open_session"]

LONGEST_NAME: Final = 120
LONGEST_EMAIL: Final = 254
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL: Final = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)+")
"""ASCII only, what RFC 5321 lets stand without quotes, and no encoded word (`=?…?=`): an address that a mail server may
refuse, that looks like another's, or that no header can carry (its mail would hold up the others), is no identity."""


def address(email: str) -> str:
    """The normal form of an e-mail address.

    Raises:
        DomainError: email_invalid.
    """
    normal = normal_email(email)
    if len(normal) > LONGEST_EMAIL or not _EMAIL.fullmatch(normal):
        raise DomainError(EMAIL_INVALID)
    return normal


def set_institution(
    session: Session, *, code: str, name: str, admits_students: bool, admits_staff: bool, study_region: str | None
) -> Institution:
    """Add an institution of the alliance, or bring the one with that code up to date."""
    institution = session.scalar(select(Institution).where(Institution.code == code)) or Institution(code=code)
    institution.name = name
    institution.admits_students = admits_students
    institution.admits_staff = admits_staff
    institution.study_region = study_region
    session.add(institution)
    session.flush()
    return institution


def create_member(session: Session, *, email: str, name: str, language: str, now: datetime) -> Member:
    """A new person; the name may be empty until they give it.

    Raises:
        DomainError: email_invalid; member_exists when the row is written.
    """
    member = Member(
        public_id=new_public_id(),
        holder=_free_holder(session),
        email=address(email),
        name=tidy(name)[:LONGEST_NAME],
        language=language if language in LANGUAGES else "en",
        created_at=now,
    )
    session.add(member)
    session.flush()
    return member


def _free_holder(session: Session) -> int:
    # The unique key decides; this look-up only makes its refusal (1 in 43,000 at 100,000 people) rarer still.
    holder = new_holder()
    while session.scalar(select(Member.id).where(Member.holder == holder)) is not None:
        holder = new_holder()
    return holder


def describe_member(
    session: Session, member_id: int, *, name: str | None = None, language: str | None = None
) -> Member:
    """Change a person's own name or language; None leaves it."""
    member = queries.member_by_id(session, member_id)
    if name is not None:
        member.name = tidy(name)[:LONGEST_NAME]
    if language in LANGUAGES:
        member.language = language
    session.flush()
    return member


def add_affiliation(
    session: Session, member_id: int, *, institution_code: str, role: str, study_region: str | None
) -> Affiliation:
    """Record what a person says they are; it gives nothing until it is proven.

    Raises:
        DomainError: institution_unknown, affiliation_role_unknown; affiliation_exists when the row is written.
    """
    institution_id = session.scalar(select(Institution.id).where(Institution.code == institution_code))
    if institution_id is None:
        raise DomainError(INSTITUTION_UNKNOWN)
    if role not in {"student", "staff"}:
        raise DomainError(AFFILIATION_ROLE)
    affiliation = Affiliation(
        public_id=new_public_id(),
        member_id=member_id,
        institution_id=institution_id,
        role=role,
        study_region=study_region or None,
    )
    session.add(affiliation)
    session.flush()
    return affiliation


def prove(
    session: Session,
    affiliation_id: int,
    *,
    source: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
    recorded_by: int | None,
) -> EligibilityProof:
    """Record that an affiliation was proven, how (`source`: term sticker, certificate, register), and until which day.

    Raises:
        DomainError: proof_dates_reversed.
    """
    if valid_until < valid_from:
        raise DomainError(PROOF_DATES)
    proof = EligibilityProof(
        affiliation_id=affiliation_id,
        source=source,
        valid_from=valid_from,
        valid_until=valid_until,
        occurred_at=now,
        recorded_at=now,
        recorded_by=recorded_by,
    )
    session.add(proof)
    session.flush()
    return proof


def withdraw_proof(session: Session, proof_id: int, *, reason: str, now: datetime, recorded_by: int | None) -> None:
    """End a proof; what was recorded stays readable.

    Raises:
        DomainError: proof_already_withdrawn when the row is written.
    """
    session.add(
        ProofWithdrawal(proof_id=proof_id, reason=reason, occurred_at=now, recorded_at=now, recorded_by=recorded_by)
    )
    session.flush()


def grant_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Give a person a service role; one that they hold already stays as it is.

    Raises:
        DomainError: role_unknown.
    """
    if role not in rules.SERVICE_ROLES:
        raise DomainError(ROLE_UNKNOWN)
    if role not in queries.service_roles(session, member_id):
        session.add(RoleGrant(member_id=member_id, role=role, granted_at=now))
        session.flush()


def revoke_role(session: Session, member_id: int, role: str, now: datetime) -> None:
    """Take a service role away, from this moment on.

    Raises:
        DomainError: not_found: the person does not hold it; last_admin: nobody would be left to give roles.
    """
    if role == "admin" and live_admins(session) <= {member_id}:
        raise DomainError(LAST_ADMIN if role in queries.service_roles(session, member_id) else NOT_FOUND)
    taken = session.execute(
        update(RoleGrant)
        .where(RoleGrant.member_id == member_id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(RoleGrant.id)
    )
    if taken.first() is None:
        raise DomainError(NOT_FOUND)


def live_admins(session: Session) -> set[int]:
    """The administrators, held until the transaction ends.

    Of two who take the role from each other at once, the second waits here and then sees what is left. On SQLite one
    writes at a time anyway.
    """
    held = select(RoleGrant.member_id).where(RoleGrant.role == "admin", RoleGrant.revoked_at.is_(None))
    return set(session.scalars(held.order_by(RoleGrant.id).with_for_update()))


def create_admin(session: Session, *, email: str, name: str, password: str, now: datetime) -> Member:
    """An administrator with a password; who has an account already becomes one, and gets the new password.

    Raises:
        DomainError: email_invalid, password_weak.
    """
    member = queries.member_by_email(session, email) or create_member(
        session, email=email, name=name, language="fi", now=now
    )
    grant_role(session, member.id, "admin", now)
    passwords.set_password(session, member.id, password, now)
    end_all_sessions(session, member.id, now)
    audit(session, actor_id=None, action="admin.create", object_kind="member", object_id=member.public_id, now=now)
    return member


def mark_roster(session: Session, member_ids: Iterable[int], now: datetime) -> None:
    """Say that what the doors know of these people has changed; the feed's reader numbers the marks."""
    marks = [{"member_id": member_id, "recorded_at": now} for member_id in sorted(set(member_ids))]
    if marks:
        session.execute(insert(RosterMark), marks)


Facts = Mapping[str, Any] | str | None
"""What an audited object was or became: a few named values, a word, or nothing."""


def audit(
    session: Session,
    *,
    actor_id: int | None,
    action: str,
    object_kind: str,
    object_id: object,
    before: Facts = None,
    after: Facts = None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Write down a staff action, in the transaction that does it. The database refuses to change or delete the row."""
    session.execute(
        insert(AuditRow).values(
            public_id=new_public_id(),
            actor_id=actor_id,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            before=_written(before),
            after=_written(after),
            reason=reason,
            occurred_at=now,
        )
    )


def _written(facts: Facts) -> str | None:
    if facts is None or isinstance(facts, str):
        return facts
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)
