"""API tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class ApiToken(Base):
    """A key with which a program acts as its owner within its scopes; only its hash is stored."""

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


record_rows(ApiToken, "owner_id", "digest", "scopes", "expires_at", "revoked_at")
