"""Passes and their events."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only, keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows
from zone.passes.catalogue.rules import KINDS
from zone.passes.entitlements.rules import Rights, from_stored
from zone.passes.passes.rules import KINDS_OF_EVENTS, ONCE, PAUSE_CAUSES


def _sold_on(name: str) -> Callable[[Any], Any]:
    # A pass is sold for the days with which it begins; only later events move them.
    return lambda context: context.get_current_parameters()[name]


class Pass(Base):
    """A pass with the rights as they were sold. Both days are included, in Helsinki time.

    It was sold for `sold_from` to `sold_until`. `starts_on`, `ends_on` and `pauses`, a list of
    first and last days, are what its events made of them (`life.life_of`).
    With `length_days` it lasts so long from its first activation: until then `ends_on` is
    `activate_by`, the last day for it; the activation sets `ends_on`.
    `conditions` are the hours and what else it gives (`entitlements.rules.from_stored`).
    `counts` is whether it may count in target A: a bundle says so of each of its parts.
    A replacement or an upgrade names the first pass of its chain in `root_id`; that one has none.
    """

    __tablename__ = "pass"
    __table_args__ = (
        # A line that is granted twice, by two notices of one payment, gets no second pass. NULLs
        # are distinct: passes without an order are not limited.
        Index("uq_pass_order_line_id", "order_line_id", unique=True),
        CheckConstraint(one_of_check("kind", KINDS), name="kind"),
        CheckConstraint("starts_on <= ends_on", name="order"),
        CheckConstraint("sold_from <= sold_until", name="sold"),
        CheckConstraint("(activate_by IS NULL) = (length_days IS NULL)", name="activation"),
        CheckConstraint("length_days > 0", name="length"),
        CheckConstraint("visits > 0", name="visits"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("pass.id"), index=True)
    kind: Mapped[str]
    entitlements: Mapped[list[Any]]
    campuses: Mapped[list[Any]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    sold_from: Mapped[date] = mapped_column(default=_sold_on("starts_on"))
    sold_until: Mapped[date] = mapped_column(default=_sold_on("ends_on"))
    pauses: Mapped[list[Any]] = mapped_column(default=list)
    activate_by: Mapped[date | None]
    length_days: Mapped[int | None]
    visits: Mapped[int | None]
    counts: Mapped[bool] = mapped_column(default=True, server_default=true())
    conditions: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")

    @property
    def rights(self) -> Rights:
        """All that it gives."""
        return Rights(self.entitlements, self.campuses, from_stored(self.conditions))


class PassEvent(Base):
    """An event of a pass. Append-only. `life.LifeEvent` says what its days mean.

    `reason` is what staff wrote, `cause` the kind of reason of a pause, such as illness: what
    proved it is never stored.

    A door that was offline may report an earlier activation or first use than the stored one: then
    both rows stay. As of an instant, the earliest `occurred_at` that was recorded by then is valid.
    """

    __tablename__ = "pass_event"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", KINDS_OF_EVENTS), name="kind"),
        CheckConstraint(one_of_check("cause", PAUSE_CAUSES), name="cause"),
        # What moves the days of a pass says by how much.
        CheckConstraint(
            "kind NOT IN ('paused', 'resumed') OR (first_day IS NOT NULL AND last_day IS NOT NULL)",
            name="pause",
        ),
        CheckConstraint(
            "kind NOT IN ('extended', 'moved') OR days IS NOT NULL AND days <> 0", name="days"
        ),
        # The same report of a door once; an earlier time is another row.
        UniqueConstraint("pass_id", "kind", "occurred_at"),
        Index(
            # Partial: only sale, refund and replacement happen once; an activation may be reported
            # again with an earlier time.
            "uq_pass_event_once",
            "pass_id",
            "kind",
            unique=True,
            sqlite_where=text(one_of_check("kind", ONCE)),
            postgresql_where=text(one_of_check("kind", ONCE)),
        ),
        Index("ix_pass_event_kind_occurred_at", "kind", "occurred_at"),
    )

    id: Mapped[Id]
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"))
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str | None]
    cause: Mapped[str | None]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    days: Mapped[int | None]


append_only(PassEvent)
# Append-only, and recorded too: an activation that was added by hand counts for target A.
record_rows(PassEvent, "pass_id", "kind", "occurred_at", "recorded_at")
record_rows(
    Pass,
    "member_id",
    "product_id",
    "order_line_id",
    "root_id",
    "kind",
    "entitlements",
    "campuses",
    "starts_on",
    "ends_on",
    "activate_by",
    "length_days",
    "visits",
    "counts",
    "conditions",
    version=5,
)


keep_rows(Pass)
