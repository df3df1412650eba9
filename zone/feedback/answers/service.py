"""Take, open and close the answers to a survey. Never commits.

Theory of operation: each person answers once, no answer is lost, and nobody can find out whose an
answer is. A participation and an answer written in one transaction can be joined by PostgreSQL's
`xmin` or by the order of arrival (400 of 400 in a probe). So an answer takes three steps:

1. `answer_survey`, in one transaction: insert the participation (its key refuses a second one) and
   the sealed answer under a random id.
2. `open_batch`, in one transaction: open at least BATCH sealed answers, shuffle them, insert them
   under random ids with the day of the batch, and delete the sealed ones. A crash leaves either
   all sealed answers or all opened ones.
3. `reorder_participations`, in a transaction of its own: rewrite the participations in random
   order, so that the rows show neither the batch in which somebody answered nor whose the answers
   are that are still sealed.

The answers of one person to different questions are separate rows too: a recognisable text does
not show the grades. At closing the last answers are opened, the participations are deleted (their
number stays), and then the private key is erased.

Limits:

- Until the survey closes, somebody who holds both the database and the key file can open the
  sealed answers, and sees whose those are that arrived since the last reordering.
- Somebody who also watches the database all the time (its log, its backups, its dead rows until
  vacuum) sees whose any sealed answer was until the key is erased, and for ever who was in which
  batch. A batch has at least 20 people, except for the last one, which may be small.
- A backup of the keys folder outlives the erasing.
- People who write about themselves in free text can be recognised by it; the form says so.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import SystemRandom
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import day_window, helsinki_date
from zone.feedback.answers import rules, sealing
from zone.feedback.answers.errors import SURVEY_ANSWER_INVALID, SURVEY_NOT_FOR_YOU, SURVEY_NOT_OPEN
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.answers.rules import CANT_SAY, LONGEST, Answers
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyQuestion
from zone.places.campuses.queries import campuses

RANDOM: Final = SystemRandom()
"""The operating system's randomness: a seeded shuffle could be undone."""


def answer_survey(
    session: Session,
    *,
    member_id: int,
    survey_id: int,
    answers: Answers,
    campus: str | None = None,
    now: datetime,
) -> None:
    """Store a person's answers, sealed, once.

    Raises:
        DomainError: survey_not_open, survey_not_for_you, survey_answer_invalid, survey_answered
            (at the latest when the transaction ends).
    """
    # A shared lock lets others answer, and makes a closing wait: an answer inserted after the last
    # batch was opened could never be opened.
    survey = _lock_survey(session, survey_id, shared=True)
    if not surveys_queries.is_open(session, survey, now):
        raise DomainError(SURVEY_NOT_OPEN)
    if not surveys_queries.is_for(session, survey, member_id, now):
        raise DomainError(SURVEY_NOT_FOR_YOU)
    valid = rules.check_answers(surveys_queries.questions_by_code(session, survey_id), answers)
    _check_campus(session, survey, campus)
    insert_sealed(session, survey, member_id, {"given": valid, "campus": campus})


def _check_campus(session: Session, survey: Survey, campus: str | None) -> None:
    if campus is None:
        return
    if not survey.by_campus or campus not in {item.code for item in campuses(session)}:
        raise DomainError(SURVEY_ANSWER_INVALID, params={"questions": "campus", "longest": LONGEST})


def insert_sealed(
    session: Session, survey: Survey, member_id: int, content: dict[str, Any]
) -> None:
    """Insert the participation and the sealed answer: neither is ever without the other."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    session.execute(insert(Participation).values(survey_id=survey.id, member_id=member_id))
    session.execute(
        insert(SealedAnswer).values(
            id=uuid.uuid4(), survey_id=survey.id, sealed=sealing.seal(survey.public_key, plain)
        )
    )


def open_batch(
    session: Session, survey_id: int, *, settings: Settings, now: datetime, least: int = rules.BATCH
) -> int:
    """Open the sealed answers if there are at least `least`, and return how many were opened.

    A sealed answer whose bytes were changed in the database cannot be opened; it stays sealed.

    Raises:
        DomainError: survey_key_missing.
    """
    survey = _lock_survey(session, survey_id)
    sealed = session.execute(
        select(SealedAnswer.id, SealedAnswer.sealed).where(SealedAnswer.survey_id == survey_id)
    ).all()
    if len(sealed) < max(least, 1):
        return 0
    opened = dict(_unseal(sealing.read_key(settings, survey.public_key), sealed))
    if len(opened) < max(least, 1):  # without the damaged ones the batch would be too small
        return 0
    session.execute(delete(SealedAnswer).where(SealedAnswer.id.in_(opened)))
    rows = answer_rows(session, survey_id, list(opened.values()), now)
    session.execute(insert(SurveyAnswer), shuffled(rows))
    return len(opened)


def _unseal(
    key: X25519PrivateKey, sealed_answers: Sequence[tuple[uuid.UUID, bytes]]
) -> Iterator[tuple[uuid.UUID, Any]]:
    for id_, sealed in sealed_answers:
        try:
            yield id_, json.loads(sealing.unseal(key, sealed))
        except InvalidTag:
            continue


def answer_rows(
    session: Session, survey_id: int, contents: Sequence[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Return a row of SurveyAnswer for each answer to a question in these opened answers."""
    questions = {row.code: row for row in surveys_queries.questions(session, survey_id)}
    return [
        _answer_row(questions[code], value, content["campus"], now)
        for content in contents
        for code, value in content["given"].items()
    ]


def _answer_row(
    question: SurveyQuestion, value: int | str, campus: str | None, now: datetime
) -> dict[str, Any]:
    is_text = question.kind == "text"
    return {
        "id": uuid.uuid4(),
        "survey_id": question.survey_id,
        "question_id": question.id,
        "grade": None if is_text or value == CANT_SAY else value,
        "words": value if is_text else None,
        # On every row of a person the campus would join their rows to each other.
        "campus": campus if question.is_key else None,
        # The day alone: the time of a batch sets its 20 people apart from all others.
        "recorded_at": day_window(helsinki_date(now))[0],
    }


def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows in an order that nobody can predict or undo."""
    return RANDOM.sample(rows, len(rows))


def reorder_participations(session: Session, survey_id: int) -> None:
    """Rewrite the participations in random order."""
    # Neither `xmin` nor `ctid` of PostgreSQL then shows when somebody answered.
    _lock_survey(session, survey_id)
    rows = [
        {"survey_id": survey_id, "member_id": member}
        for member in surveys_queries.participants(session, survey_id)
    ]
    if rows:
        session.execute(delete(Participation).where(Participation.survey_id == survey_id))
        session.execute(insert(Participation), shuffled(rows))


def close_survey(session: Session, survey_id: int, *, settings: Settings, now: datetime) -> int:
    """End a survey, open its last answers, and return how many those were; 0 where it is closed.

    Call `delete_participations` in a transaction after this one.

    Raises:
        DomainError: survey_key_missing: the survey stays open and nothing is lost.
    """
    if not is_open(session, survey_id):
        return 0
    opened = open_batch(session, survey_id, settings=settings, now=now, least=1)
    participants = (
        session.scalar(select(func.count()).where(Participation.survey_id == survey_id)) or 0
    )
    session.execute(
        insert(SurveyClosing).values(
            survey_id=survey_id, participants=participants, occurred_at=now, recorded_at=now
        )
    )
    return opened


def is_open(session: Session, survey_id: int) -> bool:
    """Lock a survey until the transaction ends, and return whether it is not closed."""
    _lock_survey(session, survey_id)
    return session.get(SurveyClosing, survey_id) is None


def delete_participations(session: Session, survey_id: int) -> None:
    """Delete who took part in a closed survey; from then on the closing refuses second answers."""
    if session.get(SurveyClosing, survey_id) is not None:
        session.execute(delete(Participation).where(Participation.survey_id == survey_id))


def _lock_survey(session: Session, survey_id: int, *, shared: bool = False) -> Survey:
    """Return the survey, locked until the transaction ends; SQLite has one writer at a time anyway.

    Raises:
        DomainError: not_found.
    """
    survey = session.scalar(
        select(Survey).where(Survey.id == survey_id).with_for_update(read=shared)
    )
    if survey is None:
        raise DomainError(NOT_FOUND)
    return survey
