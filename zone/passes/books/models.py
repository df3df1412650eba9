"""The chart of accounts: which account and VAT code a sale, a rate or a way to pay gets, by day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows
from zone.passes.books.rules import SLOTS


class AccountRule(Base):
    """The account from `valid_from` on of a product kind, a VAT rate or a way to pay. Append-only.

    An empty `subject` is for all that have no row of their own. Of two rows of one day the newer
    one holds.
    """

    __tablename__ = "account_rule"
    __table_args__ = (
        CheckConstraint(one_of_check("slot", SLOTS), name="slot"),
        CheckConstraint("length(account) > 0", name="account"),
        Index("ix_account_rule_slot", "slot", "subject", "valid_from"),
    )

    id: Mapped[Id]
    slot: Mapped[str]
    subject: Mapped[str]
    valid_from: Mapped[date]
    account: Mapped[str]
    vat_code: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


append_only(AccountRule)
# A row that was added by hand books to another account.
record_rows(AccountRule, "slot", "subject", "valid_from", "account", "vat_code", "recorded_at")
