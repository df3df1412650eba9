"""Passes and card numbers that were taken over from another system."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class TakenOverPass(Base):
    """A pass that another system sold, by its id there. Append-only.

    `digest` is that of its row, by which a row that was changed since is known. `paid_cents` was
    paid to the other system: no receipt and no account here knows of it.
    """

    __tablename__ = "taken_over_pass"
    __table_args__ = (
        # The same file twice, also at once by two people, gives nobody a second pass.
        UniqueConstraint("external_id"),
        UniqueConstraint("pass_id"),
        CheckConstraint("paid_cents >= 0", name="paid"),
    )

    id: Mapped[Id]
    external_id: Mapped[str]
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"))
    digest: Mapped[str]
    sold_on: Mapped[date | None]
    paid_cents: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class TakenOverCard(Base):
    """The number of a card of the other system, by which the desk finds its holder. Append-only."""

    __tablename__ = "taken_over_card"
    # A card that two people hold would show the wrong one at the desk.
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[Id]
    number: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    recorded_at: Mapped[datetime]


append_only(TakenOverPass)
append_only(TakenOverCard)
