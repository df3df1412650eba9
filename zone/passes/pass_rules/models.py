"""The dated rules of passes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class PassRule(Base):
    """The rules of passes from a day on, as `rules.PassRules` names them. Append-only.

    Rules of a day are corrected by another row of the same day: the newest one holds.
    """

    __tablename__ = "pass_rule"
    __table_args__ = (
        CheckConstraint("1 <= pause_shortest AND pause_shortest <= pause_longest", name="pause"),
        CheckConstraint("pauses_most >= 0 AND pause_ahead >= 0", name="pauses"),
        CheckConstraint("withdrawal_days >= 0 AND refund_until_day >= 0", name="refund"),
        CheckConstraint("unpaid_minutes BETWEEN 5 AND 10080", name="unpaid"),
        CheckConstraint("renewal_days >= 0 AND devices BETWEEN 1 AND 10", name="others"),
        CheckConstraint("given_a_day BETWEEN 0 AND 500", name="given"),
        CheckConstraint("refund_alone_cents BETWEEN 0 AND 10000000", name="refund_alone"),
        CheckConstraint("free_losses BETWEEN 0 AND 50", name="losses"),
        CheckConstraint("visit_minutes BETWEEN 1 AND 1440", name="visit"),
    )

    id: Mapped[Id]
    valid_from: Mapped[date]
    holder_pauses: Mapped[bool]
    pause_shortest: Mapped[int]
    pause_longest: Mapped[int]
    pauses_most: Mapped[int]
    pause_ahead: Mapped[int]
    pause_cancels: Mapped[bool]
    upgrade_by_days: Mapped[bool]
    withdrawal_days: Mapped[int]
    refund_by_days: Mapped[bool]
    refund_until_day: Mapped[int | None]
    renewal_days: Mapped[int]
    devices: Mapped[int]
    unpaid_minutes: Mapped[int] = mapped_column(default=1440, server_default="1440")
    given_a_day: Mapped[int] = mapped_column(default=20, server_default="20")
    refund_alone_cents: Mapped[int] = mapped_column(default=10_000, server_default="10000")
    loss_fee: Mapped[str | None]
    free_losses: Mapped[int] = mapped_column(default=0, server_default="0")
    visit_minutes: Mapped[int] = mapped_column(default=180, server_default="180")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


append_only(PassRule)
# A row that was added by hand gives more back, or lets a pass be given without end.
record_rows(
    PassRule,
    "valid_from",
    *("holder_pauses", "pause_shortest", "pause_longest", "pauses_most", "pause_ahead"),
    *("upgrade_by_days", "withdrawal_days", "refund_by_days", "refund_until_day"),
    *("devices", "unpaid_minutes", "given_a_day", "refund_alone_cents"),
    *("loss_fee", "free_losses", "visit_minutes", "recorded_at"),
)
