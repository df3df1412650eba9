"""Service roles that people were granted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class RoleGrant(Base):
    """A service role of a person from `granted_at` until `revoked_at`; one of a kind at a time."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("role IN ('instructor', 'desk', 'manager', 'admin')", name="role"),
        Index(
            # Partial: a role that was revoked can be granted again. Two who grant it at once both
            # find none in `grant_role`; the key refuses the second row.
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


record_rows(RoleGrant, "member_id", "role", "granted_at", "revoked_at")
keep_rows(RoleGrant)
