"""Where people study or work."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


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


record_rows(Affiliation, "member_id", "institution_id", "role", "study_region")
