"""Sessions of signed-in browsers."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class SignInSession(Base):
    """A signed-in browser. The cookie holds the token, the database only its SHA-256.

    `browser` and `system` name the browser to its person: Chrome, Android; empty: unknown.
    """

    __tablename__ = "sign_in_session"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(default="", server_default="")
    system: Mapped[str] = mapped_column(default="", server_default="")


record_rows(SignInSession, "member_id", "digest", "created_at", "revoked_at")
