"""Sessions of signed-in browsers."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class SignInSession(Base):
    """One signed-in browser. The cookie holds the token, the database only its hash; it ends by time or by word."""

    __tablename__ = "sign_in_session"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
