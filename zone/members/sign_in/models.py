"""Sign-in codes and staff passwords."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class SignInCode(Base):
    """A code sent to an address, as a keyed hash; only the newest of an address is valid."""

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    id: Mapped[Id]
    # Not unique: an address may ask again. `count_attempt` takes the newest code alone.
    email: Mapped[str] = mapped_column(index=True)
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class StaffPassword(Base):
    """The argon2 hash of a staff account's password, for when mail is down."""

    __tablename__ = "staff_password"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]
