"""Participations, sealed answers, and opened answers that belong to nobody.

The three tables that an attacker would join hold nothing to join by: no sequence, no time of a
person's own, and on SQLite no rowid (it counts the arrivals). See `service` for how they are filled.
"""

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base

UNNUMBERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
"""A table in the order of its key, which is random, instead of in the order of arrival."""


class Participation(Base):
    """That a person has answered: no time, no number, no answer. Its key is what refuses a second one."""

    __tablename__ = "survey_participation"
    __table_args__ = UNNUMBERED

    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class SealedAnswer(Base):
    """A sealed answer that waits to be opened together with others. Every box has the same length."""

    __tablename__ = "survey_box"
    __table_args__ = UNNUMBERED

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    sealed: Mapped[bytes]


class SurveyAnswer(Base):
    """The answer to one question by nobody in particular; neither number nor text means "can't say".

    `campus` only goes with the key question. `recorded_at` is the time of the batch, the same for all of it.
    """

    __tablename__ = "survey_answer"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 1 AND 5", name="grade"),
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
