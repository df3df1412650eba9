"""Who: institutions, people, what they may claim and until when, service roles, and the marks of changed rights."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.db import Base, Id, PublicId


class Institution(Base):
    """A university of applied sciences. `students_only_from` names the study region its students must be in, if any."""

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

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
