"""Tables of the term surveys: surveys, drafts, questions and closings."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


class Survey(Base):
    """A published survey, open in [opens_at, closes_at).

    Answers are sealed to `public_key` (X25519). With `by_campus` people are also asked, optionally,
    where they mostly train. `audience` says who may answer: `pass`, people who have or had a pass
    in the term of the survey; `eligible`, all whose right to use the service is proven.
    """

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("code", name="uq_survey_code"),
        # Target C reads one mean for the spring and one for the autumn: a second survey of a wave
        # would leave open which of them counts.
        UniqueConstraint("year", "wave", name="uq_survey_year"),
        CheckConstraint("wave IN ('spring', 'autumn')", name="wave"),
        CheckConstraint("opens_at < closes_at", name="order"),
        CheckConstraint("audience IN ('pass', 'eligible')", name="audience"),
    )

    id: Mapped[Id]
    code: Mapped[str]
    wave: Mapped[str]
    year: Mapped[int]
    title_fi: Mapped[str]
    title_sv: Mapped[str]
    title_en: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    by_campus: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[str] = mapped_column(default="pass", server_default="pass")
    public_key: Mapped[bytes]
    recorded_at: Mapped[datetime]


class SurveyDraft(Base):
    """A survey in preparation; `content` is its form as DraftSchema dumps it."""

    __tablename__ = "survey_draft"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    content: Mapped[dict[str, Any]]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class SurveyClosing(Base):
    """That a survey is closed; `participants` is how many had answered.

    Their participations are deleted then, so the number is stored here.
    """

    __tablename__ = "survey_closing"

    survey_id: Mapped[int] = mapped_column(
        ForeignKey("survey.id"), primary_key=True, autoincrement=False
    )
    participants: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class SurveyQuestion(Base):
    """A question of a survey; exactly one, a grade, is the key question of the targets.

    A `grade` is answered with 1 to 5 or "can't say", a `text` freely.
    """

    __tablename__ = "survey_question"
    __table_args__ = (
        UniqueConstraint("survey_id", "code"),
        CheckConstraint("kind IN ('grade', 'text')", name="kind"),
        CheckConstraint("NOT is_key OR kind = 'grade'", name="key_is_grade"),
        Index(
            "uq_survey_question_key",
            "survey_id",
            unique=True,
            sqlite_where=text("is_key"),
            postgresql_where=text("is_key"),
        ),
    )

    id: Mapped[Id]
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    position: Mapped[int]
    code: Mapped[str]
    kind: Mapped[str]
    is_key: Mapped[bool] = mapped_column(default=False)
    text_fi: Mapped[str]
    text_sv: Mapped[str]
    text_en: Mapped[str]


append_only(SurveyClosing)
record_rows(
    Survey, "code", "wave", "year", "opens_at", "closes_at", "by_campus", "audience", "public_key"
)
record_rows(SurveyQuestion, "survey_id", "position", "code", "kind", "is_key")
