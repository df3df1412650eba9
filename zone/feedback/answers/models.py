"""Participations, sealed answers, and opened answers without a person.

The three tables hold nothing by which they could be joined: no sequence, no time of one person, and
on SQLite no rowid, which counts the arrivals. `service` says how they are filled.
"""

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base

UNNUMBERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
"""Rows in the order of their key, which is random, instead of in the order of arrival."""


class Participation(Base):
    """A person who has answered; no time, no number, no answer. Its key refuses a second answer."""

    __tablename__ = "survey_participation"
    __table_args__ = UNNUMBERED

    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class SealedAnswer(Base):
    """A sealed answer, to be opened together with others. All have the same length."""

    __tablename__ = "survey_box"
    __table_args__ = UNNUMBERED

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    sealed: Mapped[bytes]


class SurveyAnswer(Base):
    """An answer to one question, without its person; no grade and no text means "can't say".

    Only answers to the key question have a `campus`. `recorded_at` is the beginning of the Helsinki
    day on which its batch was opened.
    """

    __tablename__ = "survey_answer"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 1 AND 5", name="grade"),
        # Not "one of them": neither is "can't say".
        CheckConstraint("grade IS NULL OR words IS NULL", name="one_value"),
        UNNUMBERED,
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("survey_question.id"))
    grade: Mapped[int | None]
    words: Mapped[str | None]
    campus: Mapped[str | None]
    recorded_at: Mapped[datetime]


append_only(SurveyAnswer)
