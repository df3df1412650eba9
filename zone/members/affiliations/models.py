"""Institutions, and where people study or work."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Institution(Base):
    """A university of applied sciences, and whom its agreement admits.

    Where `study_region` is set, only students of that region are admitted.
    """

    __tablename__ = "institution"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    admits_students: Mapped[bool]
    admits_staff: Mapped[bool]
    study_region: Mapped[str | None]


class Affiliation(Base):
    """A person's role at an institution, as they say; proofs are recorded separately."""

    __tablename__ = "affiliation"
    __table_args__ = (
        # Of two requests that both find none in `add_affiliation_once`, the second is refused.
        UniqueConstraint("member_id", "institution_id", "role"),
        CheckConstraint("role IN ('student', 'staff')", name="role"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    role: Mapped[str]
    study_region: Mapped[str | None]


record_rows(Institution, "code", "admits_students", "admits_staff", "study_region")
record_rows(Affiliation, "member_id", "institution_id", "role", "study_region")
