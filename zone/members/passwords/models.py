"""Passwords of staff."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base
from zone.core.row_records.models import record_rows


class StaffPassword(Base):
    """The argon2 hash of a staff account's password, for when mail is down."""

    __tablename__ = "staff_password"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]


record_rows(StaffPassword, "hash")
