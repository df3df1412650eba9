"""Public keys of phones, and lost phones that the desk replaced."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Credential(Base):
    """The public key of a phone. `point` is 33 bytes, compressed.

    `certified_until` is the end of its last certificate. A revoked key stays in the roster until
    then: a door that did not know it would accept its certificate.
    """

    __tablename__ = "credential"
    __table_args__ = (
        # Equal is possible: a key may be revoked in the same moment in which it is made.
        CheckConstraint("revoked_at IS NULL OR revoked_at >= created_at", name="order"),
    )

    id: Mapped[Id]
    # Also of revoked keys: a key that was revoked can never be enrolled again (`key_taken`).
    kid: Mapped[bytes] = mapped_column(unique=True)
    point: Mapped[bytes]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    certified_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PhoneReplacement(Base):
    """A lost phone that the desk replaced: earlier keys no longer count towards the limit.

    `order_id` is the public id of the order that paid its fee; NULL: nothing was paid. Not its key:
    the order is deleted when the time of bookkeeping is over, and this row stays.
    """

    __tablename__ = "phone_replacement"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    keys: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    order_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)


# Each row lifts the limit of new keys, so who did it must stay on record.
append_only(PhoneReplacement)


record_rows(Credential, "kid", "point", "member_id", "created_at", "revoked_at")
keep_rows(Credential)
