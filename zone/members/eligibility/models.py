"""Proofs of affiliations and their withdrawals."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class EligibilityProof(Base):
    """A proof of an affiliation: what was seen, when, and the days it holds, both included."""

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
    """The end of a proof (the person left, the proof was wrong); its own row never changes."""

    __tablename__ = "proof_withdrawal"

    id: Mapped[Id]
    # Unique: a proof ends once. Its own row stays, so who was eligible then can be read later.
    proof_id: Mapped[int] = mapped_column(ForeignKey("eligibility_proof.id"), unique=True)
    reason: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


record_rows(EligibilityProof, "affiliation_id", "valid_from", "valid_until")
record_rows(ProofWithdrawal, "proof_id", "occurred_at")
keep_rows(EligibilityProof)
keep_rows(ProofWithdrawal)
