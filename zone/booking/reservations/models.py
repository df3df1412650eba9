"""Reservations of spaces: for own use, or by staff for something else."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.booking.allocations.models import Allocation
from zone.core.db.append_only import keep_rows
from zone.core.row_records.models import record_rows


class Reservation(Allocation):
    """A whole space for a time, without an activity.

    Who reserved it for own use has its booking. `made_by` is the member of staff who made it, for
    that person or as a block; None: the person themselves. `note` says what a block is for.
    """

    __tablename__ = "reservation"
    __table_args__: Any = (CheckConstraint("length(note) <= 200", name="note"),)
    __mapper_args__ = {"polymorphic_identity": "reservation"}  # noqa: RUF012 -- as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), primary_key=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    note: Mapped[str] = mapped_column(default="", server_default="")


keep_rows(Reservation)
record_rows(Reservation, "made_by", "note")
