"""Proofs of affiliations and their withdrawals."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


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


class ProofWithdrawal(Base):
    """That a proof no longer holds (the person left, the proof was wrong). The proof itself stays as it was."""

    __tablename__ = "proof_withdrawal"

    id: Mapped[Id]
    proof_id: Mapped[int] = mapped_column(ForeignKey("eligibility_proof.id"), unique=True)
    reason: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
