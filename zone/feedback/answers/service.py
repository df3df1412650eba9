"""Term surveys: once per person, nothing lost, and nobody's answer can be found.

A participation and an answer that are written in one transaction are joined by PostgreSQL's `xmin`, or by the order of
arrival, in 400 cases of 400. So an answer takes three steps:

1. `answer`, in one transaction: the participation (whose key refuses a second one) and a sealed box under a random id.
2. `flush`, in one transaction: at least BATCH boxes are opened, their answers shuffled and inserted under random ids
   with the batch's time only, and the boxes deleted. A crash leaves all boxes, or all answers.
3. `mix`, in a transaction of its own: the participations are written anew in random order, so that not even the batch
   in which somebody answered can be read from the rows, nor to whom a box belongs that still waits.

The answers to the questions of one sheet are separate rows too: a recognisable text does not give away the grades.
At closing the last boxes join, the participations are deleted (only their number is kept), and then the private key
is erased.

Limits, honestly. Until the survey closes, somebody who holds both the database and the key file can open the boxes that
wait, and sees whose those are that came since the last mixing. Somebody who also watches the database all the time
(its log, its backups, its dead rows until vacuum) sees whose any box was until the key is erased, and for ever who was
in which batch: at least 20 people, but for the last batch, which may be small. A backup of the keys folder outlives the
erasing. Who writes about themselves in free text can be recognised by it: the form says so.
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
from zone.feedback.answers import rules, sealing
from zone.feedback.answers.errors import SURVEY_ANSWER_INVALID, SURVEY_NOT_FOR_YOU, SURVEY_NOT_OPEN
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.answers.rules import CANT_SAY, LONGEST, AnswerSheet
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyQuestion
from zone.places.campuses.queries import campuses

CHANCE: Final = SystemRandom()
"""The operating system's randomness: a seeded shuffle could be undone."""


def answer(
    session: Session,
    *,
    member_id: int,
    survey_id: int,
    given: AnswerSheet,
    campus: str | None = None,
    now: datetime,
) -> None:
    """Take a person's answers, once. What was answered leaves this function sealed.

    Raises:
        DomainError: survey_not_open, survey_not_for_you, survey_answer_invalid, survey_answered (at the latest when
            the transaction ends).
    """
    # Shared with other answers, but not with closing: a box that came after the last flush would stay shut for ever.
    survey = _locked(session, survey_id, read=True)
    if not surveys_queries.is_open(session, survey, now):
        raise DomainError(SURVEY_NOT_OPEN)
    if not surveys_queries.is_for(session, survey, member_id, now):
        raise DomainError(SURVEY_NOT_FOR_YOU)
    sheet = rules.check_sheet(surveys_queries.asked(session, survey_id), given)
    _check_campus(session, survey, campus)
    record_answer(session, survey, member_id, {"given": sheet, "campus": campus})


def _check_campus(session: Session, survey: Survey, campus: str | None) -> None:
    if campus is None:
        return
    if not survey.by_campus or campus not in {known.code for known in campuses(session)}:
        raise DomainError(SURVEY_ANSWER_INVALID, params={"questions": "campus", "longest": LONGEST})


def record_answer(session: Session, survey: Survey, member_id: int, sheet: dict[str, Any]) -> None:
    """The participation and the sealed box, together: neither is ever without the other."""
    plain = json.dumps(sheet, ensure_ascii=False, separators=(",", ":")).encode()
    session.execute(insert(Participation).values(survey_id=survey.id, member_id=member_id))
    session.execute(
        insert(SealedAnswer).values(
            id=uuid.uuid4(), survey_id=survey.id, sealed=sealing.seal(survey.public_key, plain)
        )
    )


def flush(
    session: Session, survey_id: int, *, settings: Settings, now: datetime, least: int = rules.BATCH
) -> int:
    """Open the boxes that wait, if there are `least` of them, store their answers as nobody's, and say how many.

    A box that cannot be opened (its bytes were changed in the database) stays where it is, in nobody's way.

    Raises:
        DomainError: survey_key_missing.
    """
    survey = _locked(session, survey_id)
    boxes = session.execute(
        select(SealedAnswer.id, SealedAnswer.sealed).where(SealedAnswer.survey_id == survey_id)
    ).all()
    if len(boxes) < max(least, 1):
        return 0
    key = sealing.read_key(settings, survey.public_key)
    sheets = dict(_opened(key, boxes))
    if len(sheets) < max(least, 1):
        return 0
    session.execute(delete(SealedAnswer).where(SealedAnswer.id.in_(sheets)))
    session.execute(
        insert(SurveyAnswer), shuffled(rows_of(session, survey_id, list(sheets.values()), now))
    )
    return len(sheets)


def _opened(
    key: X25519PrivateKey, boxes: Sequence[tuple[uuid.UUID, bytes]]
) -> Iterator[tuple[uuid.UUID, Any]]:
    for box_id, sealed in boxes:
        try:
            yield box_id, json.loads(sealing.unseal(key, sealed))
        except InvalidTag:
            continue


def rows_of(
    session: Session, survey_id: int, sheets: Sequence[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    questions = {row.code: row for row in surveys_queries.questions(session, survey_id)}
    return [
        _row(questions[code], value, sheet["campus"], now)
        for sheet in sheets
        for code, value in sheet["given"].items()
    ]


def _row(
    question: SurveyQuestion, value: int | str, campus: str | None, now: datetime
) -> dict[str, Any]:
    is_text = question.kind == "text"
    return {
        "id": uuid.uuid4(),
        "survey_id": question.survey_id,
        "question_id": question.id,
        "grade": None if is_text or value == CANT_SAY else value,
        "words": value if is_text else None,
        "campus": campus if question.is_key else None,
        "recorded_at": now,
    }


def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows in an order that nobody can foretell or undo."""
    return CHANCE.sample(rows, len(rows))


def mix(session: Session, survey_id: int) -> None:
    """Write the participations anew in random order, so that neither `xmin` nor `ctid` tells when somebody answered."""
    _locked(session, survey_id)
    rows = [
        {"survey_id": survey_id, "member_id": member}
        for member in surveys_queries.participants(session, survey_id)
    ]
    if rows:
        session.execute(delete(Participation).where(Participation.survey_id == survey_id))
        session.execute(insert(Participation), shuffled(rows))


def close(session: Session, survey_id: int, *, settings: Settings, now: datetime) -> int:
    """Take no more answers and store the last ones; how many those were. Closing again does nothing.

    Call `forget` in a transaction after this one.

    Raises:
        DomainError: survey_key_missing: the survey stays open and nothing is lost.
    """
    _locked(session, survey_id)
    if session.get(SurveyClosing, survey_id) is not None:
        return 0
    stored = flush(session, survey_id, settings=settings, now=now, least=1)
    counted = session.scalar(select(func.count()).where(Participation.survey_id == survey_id)) or 0
    session.execute(
        insert(SurveyClosing).values(
            survey_id=survey_id, participants=counted, occurred_at=now, recorded_at=now
        )
    )
    return stored


def forget(session: Session, survey_id: int) -> None:
    """Delete who took part in a closed survey: a second answer is refused by the closing from now on."""
    if session.get(SurveyClosing, survey_id) is not None:
        session.execute(delete(Participation).where(Participation.survey_id == survey_id))


def _locked(session: Session, survey_id: int, *, read: bool = False) -> Survey:
    """The survey, held against closing (`read`) or against everybody. On SQLite one writes at a time anyway."""
    survey = session.scalar(select(Survey).where(Survey.id == survey_id).with_for_update(read=read))
    if survey is None:
        raise DomainError(NOT_FOUND)
    return survey
