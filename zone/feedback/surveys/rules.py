"""What makes a survey valid, and the survey that a draft describes. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.time import day_window
from zone.feedback.surveys.errors import SURVEY_MISMADE

MOST_QUESTIONS: Final = 20
MOST_TEXTS: Final = 1
"""With one text of at most 1000 characters all answers of a person fit `sealing.PLAIN_BYTES`."""
AUDIENCES: Final = ("pass", "eligible")
"""Who may answer: who has or had a pass in the term, or all with a proven right to the service."""

CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to ask; `texts` are fi, sv, en."""

    code: str
    texts: tuple[str, str, str]
    kind: str = "grade"
    is_key: bool = False


def check_survey(questions: Sequence[NewQuestion], opens_at: datetime, closes_at: datetime) -> None:
    """Check that a survey can be answered and has one key question.

    Raises:
        DomainError: survey_mismade.
    """
    keys = [question for question in questions if question.is_key]
    texts = [question for question in questions if question.kind == "text"]
    is_valid = (
        len(keys) == 1
        and keys[0].kind == "grade"
        and len({question.code for question in questions}) == len(questions) <= MOST_QUESTIONS
        and all(CODE.fullmatch(question.code) for question in questions)
        and len(texts) <= MOST_TEXTS
        and opens_at < closes_at
    )
    if not is_valid:
        raise DomainError(SURVEY_MISMADE)


@dataclass(frozen=True, slots=True)
class NewSurvey:
    """A survey to open; `titles` are fi, sv, en; answers are taken in [opens_at, closes_at)."""

    code: str
    wave: str
    year: int
    titles: tuple[str, str, str]
    opens_at: datetime
    closes_at: datetime
    questions: Sequence[NewQuestion]
    by_campus: bool = False
    audience: str = "pass"


Content = Mapping[str, Any]
"""A draft as DraftSchema dumps it: JSON-ready, both days in Helsinki time and included."""


def survey_of(content: Content) -> NewSurvey:
    """Return the survey of a draft; it is open from 0:00 of its first day to 24:00 of its last."""
    return NewSurvey(
        code=f"{content['wave']}-{content['year']}",
        wave=content["wave"],
        year=content["year"],
        titles=_translations(content["title"]),
        opens_at=day_window(date.fromisoformat(content["opens_on"]))[0],
        closes_at=day_window(date.fromisoformat(content["closes_on"]))[1],
        questions=[
            NewQuestion(
                f"q{number}", _translations(item["text"]), item["kind"], is_key=item["is_key"]
            )
            for number, item in enumerate(content["questions"], 1)
        ],
        by_campus=content["by_campus"],
        audience=content["audience"],
    )


def differences(stored: Content, typed: Content) -> list[str]:
    """Return the names of the fields that differ: `title`, `opens_on`, `questions.2`."""
    names = [name for name in stored if name != "questions" and stored[name] != typed.get(name)]
    old, new = stored["questions"], typed.get("questions", [])
    longest = max(len(old), len(new))
    return names + [
        f"questions.{n + 1}" for n in range(longest) if old[n : n + 1] != new[n : n + 1]
    ]


def _translations(words: Mapping[str, str]) -> tuple[str, str, str]:
    fi, sv, en = (words[language] for language in LANGUAGES)
    return fi, sv, en
