"""Stored answers of requests with an Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class StoredAnswer(Base):
    """The answer to a request with a key. `digest` identifies the request's path and body."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: Mapped[Id]
    actor_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    digest: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
