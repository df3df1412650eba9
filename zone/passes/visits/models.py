"""The visits that passes of so many visits have paid for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class PassVisit(Base):
    """A visit that a pass of `granted` visits has paid for. Append-only: what is left is counted.
    After the pass is over its visits name their person as long as door events do.

    `number` counts from 1. It is empty where a door let somebody in for whom no visit was left, as
    it had not heard of the last one. Who comes in again within `lasts_minutes` pays for no second
    one. `reason` is why the desk took it off the pass; `granted` counts visits given back too.
    """

    __tablename__ = "pass_visit"
    __table_args__ = (
        # The last visit is given once: a second row with its number is refused.
        UniqueConstraint("pass_id", "number"),
        UniqueConstraint("pass_id", "occurred_at"),
        CheckConstraint("number BETWEEN 1 AND granted", name="number"),
        CheckConstraint("lasts_minutes BETWEEN 1 AND 1440", name="lasts"),
    )

    id: Mapped[Id]
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"))
    number: Mapped[int | None]
    granted: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str]
    lasts_minutes: Mapped[int] = mapped_column(default=180, server_default="180")
    reason: Mapped[str | None]


class VisitReturn(Base):
    """A visit that the desk has given back to its pass, with the reason. Append-only."""

    __tablename__ = "pass_visit_return"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason"),)

    id: Mapped[Id]
    # Each visit is given back once, so a pass never has more left than it was sold with.
    visit_id: Mapped[int] = mapped_column(ForeignKey("pass_visit.id"), unique=True)
    returned_at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str]


# When somebody came is no fact for ever: it goes some time after the pass is over.
append_only(
    PassVisit,
    deletable_if=(
        "EXISTS (SELECT 1 FROM pass WHERE pass.id = OLD.pass_id AND pass.ends_on < {yesterday})"
    ),
)
append_only(
    VisitReturn,
    deletable_if=(
        "EXISTS (SELECT 1 FROM pass JOIN pass_visit ON pass_visit.pass_id = pass.id "
        "WHERE pass_visit.id = OLD.visit_id AND pass.ends_on < {yesterday})"
    ),
)
# Append-only, and recorded too: a visit that was added by hand takes one from its holder.
record_rows(PassVisit, "pass_id", "number", "granted", "occurred_at", "recorded_at")
record_rows(VisitReturn, "visit_id", "returned_at")
