"""Feedback on accessibility, whose answer is due."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId


class AccessibilityFeedback(Base):
    """What somebody wrote about accessibility, and the answer; `email` is empty where no answer is
    wanted.
    """

    __tablename__ = "accessibility_feedback"
    __table_args__ = (CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    message: Mapped[str]
    email: Mapped[str]
    language: Mapped[str]
    received_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answer: Mapped[str | None]
