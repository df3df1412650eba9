"""The survey of the last spring: opened, answered and closed by the services, in their time."""

import random
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.term.people import TermMember
from zone.feedback.answers import service as answers
from zone.feedback.answers.rules import CANT_SAY
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.rules import NewQuestion, NewSurvey

FILE: Final = Path(__file__).with_name("survey.toml")
ANSWERS: Final = 160
WITHOUT_GRADE: Final = 0.08


def load(
    session: Session,
    people: Sequence[TermMember],
    settings: Settings,
    now: datetime,
    chance: random.Random,
) -> int:
    """Make the closed survey; return its answers. Call `surveys.flows.finish_closing` after it."""
    data = tomllib.loads(FILE.read_text("utf-8"))
    new = _survey(data, helsinki_date(now))
    survey = surveys.open_survey(session, new, settings=settings, now=new.opens_at)
    given = 0
    for person in people:
        if given == ANSWERS:
            break
        at = new.opens_at + timedelta(minutes=chance.randrange(28 * 24 * 60))
        given += _answer(session, survey.id, person, data["question"], at, chance)
    answers.close_survey(session, survey.id, settings=settings, now=new.closes_at)
    return given


def _survey(data: dict[str, Any], today: date) -> NewSurvey:
    # The example has a survey of the running half of the year, which is open.
    year = today.year if today.month >= 7 else today.year - 1
    return NewSurvey(
        code=f"spring-{year}",
        wave="spring",
        year=year,
        titles=_texts(data["title"]),
        opens_at=from_helsinki(date(year, 4, 1), time(8)),
        closes_at=from_helsinki(date(year, 4, 30), time(20)),
        questions=tuple(
            NewQuestion(row["code"], _texts(row["text"]), is_key=row.get("key", False))
            for row in data["question"]
        ),
    )


def _texts(row: dict[str, str]) -> tuple[str, str, str]:
    return row["fi"], row["sv"], row["en"]


def _answer(
    session: Session,
    survey_id: int,
    person: TermMember,
    questions: Sequence[dict[str, Any]],
    at: datetime,
    chance: random.Random,
) -> bool:
    given: dict[str, int | str] = {row["code"]: _grade(row["grades"], chance) for row in questions}
    try:
        answers.answer_survey(
            session, member_id=person.id, survey_id=survey_id, answers=given, now=at
        )
    except DomainError:  # without a pass at that time one is not asked
        return False
    return True


def _grade(grades: Sequence[int], chance: random.Random) -> int | str:
    if chance.random() < WITHOUT_GRADE:
        return CANT_SAY
    return chance.choices(range(1, len(grades) + 1), grades)[0]
