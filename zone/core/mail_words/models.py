"""The table of the words of mails that managers have changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class MailWords(Base):
    """The words of a mail in one language from a version on; without a text, the built-in ones.

    Each version has a row for each language, and the newest holds. Append-only.
    """

    __tablename__ = "mail_words"
    __table_args__ = (
        UniqueConstraint("template", "language", "version"),
        CheckConstraint("language IN ('fi', 'sv', 'en')", name="language"),
        CheckConstraint(
            "(subject IS NULL) = (body IS NULL) AND (title IS NULL) = (body IS NULL)", name="whole"
        ),
    )

    id: Mapped[Id]
    template: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    subject: Mapped[str | None]
    title: Mapped[str | None]
    body: Mapped[str | None]
    changed_at: Mapped[datetime]


append_only(MailWords)
