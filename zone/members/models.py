"""Who: institutions, people, what they may claim and until when, service roles, and the marks of changed rights."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.db import Base, Id, PublicId, append_only


class Institution(Base):
    """A university of applied sciences. Where `study_region` is set, only students of that region are admitted."""

    __tablename__ = "institution"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    admits_students: Mapped[bool]
    admits_staff: Mapped[bool]
    study_region: Mapped[str | None]


class Member(Base):
    """A person. `holder` is the random pseudonym by which doors know them; `email` is kept in its normal form."""

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("holder BETWEEN 1 AND 4294967295", name="holder"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    holder: Mapped[int] = mapped_column(BigInteger, unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime]


class Affiliation(Base):
    """Institution × role × study region of a person. Proven separately, at a date, with an end date."""

    __tablename__ = "affiliation"
    __table_args__ = (
        UniqueConstraint("member_id", "institution_id", "role"),
        CheckConstraint("role IN ('student', 'staff')", name="role"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    role: Mapped[str]
    study_region: Mapped[str | None]


class EligibilityProof(Base):
    """That an affiliation was proven at a date, how, and until when it holds (a term sticker, a graduation date)."""

    __tablename__ = "eligibility_proof"
    __table_args__ = (CheckConstraint("valid_from <= valid_until", name="order"),)

    id: Mapped[Id]
    affiliation_id: Mapped[int] = mapped_column(ForeignKey("affiliation.id"), index=True)
    source: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class RosterMark(Base):
    """That what the doors know of a member has changed. Born without a version; the feed's reader numbers it.

    A plain sequence would let a late commit slip behind a version that a bridge has already read.
    """

    __tablename__ = "roster_mark"
    __table_args__ = (Index("ix_roster_mark_version", "version", unique=True),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    version: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]


class AuditRow(Base):
    """A staff action: who did what to what, from what to what, and why. Append-only."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_kind", "object_id"),)

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(index=True)


append_only(AuditRow)


class ProofWithdrawal(Base):
    """That a proof no longer holds (the person left, the proof was wrong). The proof itself stays as it was."""

    __tablename__ = "proof_withdrawal"

    id: Mapped[Id]
    proof_id: Mapped[int] = mapped_column(ForeignKey("eligibility_proof.id"), unique=True)
    reason: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class RoleGrant(Base):
    """A service role of a person, from when until when; at most one of a kind is live."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("role IN ('instructor', 'desk', 'manager', 'admin')", name="role"),
        Index(
            "uq_role_grant_live",
            "member_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    role: Mapped[str]
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInCode(Base):
    """A code sent to an address, keyed-hashed, with the tries made at it. Only the newest of an address counts."""

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(index=True)
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class StaffPassword(Base):
    """The argon2 hash of a staff account's password, for when mail is down."""

    __tablename__ = "staff_password"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]


class SignInSession(Base):
    """One signed-in browser. The cookie holds the token, the database only its hash; it ends by time or by word."""

    __tablename__ = "sign_in_session"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """A key with which a program acts as its owner, where its scopes allow. Only its hash is here; it always ends."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("created_at < expires_at", name="order"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    owner_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
