"""Changes of e-mail addresses that wait for the code sent to the new one."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class EmailChange(Base):
    """A person's new address, with the keyed hash of its code; only the newest one is valid."""

    __tablename__ = "email_change"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    id: Mapped[Id]
    # Not unique: a person may ask again. `count_attempt` takes the newest one alone.
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str]
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


record_rows(EmailChange, "member_id", "email", "digest")
