"""Sign-in codes."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class SignInCode(Base):
    """A code sent to an address, as a keyed hash; valid in the browser that asked for it.

    Only the newest code of an address in a browser is valid. `browser` is the digest of the token
    in that browser's cookie; NULL in rows from before there was one, which are valid nowhere.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    id: Mapped[Id]
    # Not unique: a browser may ask again. `count_attempt` takes the newest code alone.
    email: Mapped[str] = mapped_column(index=True)
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    browser: Mapped[bytes | None]


record_rows(SignInCode, "email", "digest", "browser")
