"""Answers are taken once per person, sealed, and only while the survey is open."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.races import outcomes
from tests.world.surveys import (
    CLOSES,
    NOW,
    OPENS,
    OVERALL,
    answer,
    close,
    count,
    new_survey,
    open_survey,
    people,
    stored_texts,
)
from zone.core.config import Settings
from zone.core.db.constraints import constraint_name
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.core.errors import DomainError
from zone.feedback.answers import service as answers
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.models import Survey
from zone.places.campuses.models import Campus


def test_an_answer_leaves_a_participation_and_a_sealed_answer(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    answer(survey_id, people(1)[0], words="something only I would say")
    assert (count(Participation), count(SealedAnswer), count(SurveyAnswer)) == (1, 1, 0)
    with reading() as session:
        sealed = session.scalars(select(SealedAnswer.sealed)).one()
    assert b"something" not in sealed


def test_all_sealed_answers_have_the_same_length(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    for member_id, words in zip(people(3), ("", "ok", '"\\\U0001f3c3' * 333), strict=True):
        answer(survey_id, member_id, words=words)
    with reading() as session:
        assert len({len(sealed) for sealed in session.scalars(select(SealedAnswer.sealed))}) == 1


def test_a_second_answer_is_refused_and_changes_nothing(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    member_id = people(1)[0]
    answer(survey_id, member_id)
    with pytest.raises(DomainError, match="survey_answered"):
        answer(survey_id, member_id, grade=1)
    assert (count(Participation), count(SealedAnswer)) == (1, 1)


def test_the_database_itself_refuses_a_second_participation(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    row = {"survey_id": survey_id, "member_id": people(1)[0]}
    statement = text(
        "INSERT INTO survey_participation (survey_id, member_id) VALUES (:survey_id, :member_id)"
    )
    with db.engine.begin() as connection:
        connection.execute(statement, row)
    with pytest.raises(IntegrityError) as caught, db.engine.begin() as connection:
        connection.execute(statement, row)
    assert constraint_name(caught.value) == "pk_survey_participation"


@pytest.mark.parametrize("now", [OPENS - timedelta(seconds=1), CLOSES])
def test_a_survey_takes_answers_from_opening_until_closing(
    app: Flask, settings: Settings, now: datetime
) -> None:
    survey_id = open_survey(settings)
    first, second = people(2)
    answer(survey_id, first, now=OPENS)
    with pytest.raises(DomainError, match="survey_not_open"):
        answer(survey_id, second, now=now)


def test_a_closed_survey_takes_no_answers_not_even_in_its_time(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    first, second = people(2)
    answer(survey_id, first)
    close(survey_id, settings, now=NOW)
    for member_id in (first, second):
        with pytest.raises(DomainError, match="survey_not_open"):
            answer(survey_id, member_id)


def test_an_unknown_survey_is_not_found(app: Flask) -> None:
    with pytest.raises(DomainError, match="not_found"):
        answer(99, 1)


def test_only_a_known_campus_can_be_named_and_only_where_it_is_asked(
    app: Flask, settings: Settings
) -> None:
    with_campus = open_survey(settings, code="autumn-2026", wave="autumn", by_campus=True)
    without = open_survey(settings)
    member_id = people(1)[0]
    with writing() as session:
        session.add(Campus(code="pasila", name="Pasila"))
    for survey_id, campus in ((with_campus, "nowhere"), (without, "pasila")):
        with pytest.raises(DomainError, match="survey_answer_invalid"), writing() as session:
            answers.answer_survey(
                session,
                member_id=member_id,
                survey_id=survey_id,
                answers={"overall": 4},
                campus=campus,
                now=NOW,
            )


def test_a_wave_has_one_survey_and_a_refused_one_leaves_the_firsts_key_alone(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    with pytest.raises(DomainError, match="survey_exists"):
        open_survey(settings, code="another")
    answer(survey_id, people(1)[0], words="still readable")
    close(survey_id, settings)
    assert stored_texts() == ["still readable"]


def test_a_survey_that_cannot_be_answered_is_refused(app: Flask, settings: Settings) -> None:
    with pytest.raises(DomainError, match="survey_mismade"), writing() as session:
        surveys.open_survey(
            session, new_survey(questions=(OVERALL, OVERALL)), settings=settings, now=OPENS
        )


REFUSED = {
    "INSERT INTO survey_answer VALUES (:id, 1, 1, 6, NULL, NULL, :now)": "ck_survey_answer_grade",
    "INSERT INTO survey_answer VALUES (:id, 1, 1, 4, 'x', NULL, :now)": (
        "ck_survey_answer_one_value"
    ),
    "UPDATE survey SET wave = 'winter'": "ck_survey_wave",
    "UPDATE survey SET closes_at = opens_at": "ck_survey_order",
    "UPDATE survey_question SET kind = 'number' WHERE NOT is_key": "ck_survey_question_kind",
    "UPDATE survey_question SET is_key = TRUE WHERE kind = 'text'": (
        "ck_survey_question_key_is_grade"
    ),
    "UPDATE survey_question SET is_key = TRUE WHERE code = 'classes'": "uq_survey_question_key",
    "UPDATE survey_question SET code = 'same'": "uq_survey_question_survey_id_code",
}


def test_the_database_refuses_invalid_surveys_and_answers(app: Flask, settings: Settings) -> None:
    open_survey(settings)
    for sql, constraint in REFUSED.items():
        with pytest.raises(IntegrityError) as caught, db.engine.begin() as connection:
            connection.execute(
                text(sql), {"id": uuid.uuid4().hex, "now": str(NOW)} if ":id" in sql else {}
            )
        assert constraint_name(caught.value) == constraint, sql


def test_answers_and_closings_are_never_changed(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    answer(survey_id, people(1)[0])
    close(survey_id, settings)
    for sql in (
        "UPDATE survey_answer SET grade = 5",
        "DELETE FROM survey_answer",
        "DELETE FROM survey_closing",
    ):
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(text(sql))


# Simultaneous answers


def check_one_answer_is_taken(app: Flask, settings: Settings) -> None:
    survey_id, (member_id,) = open_survey(settings), people(1)
    results = outcomes(app, [lambda: answer(survey_id, member_id)] * 4)
    assert results == {"done": 1, "survey_answered": 3}
    assert (count(Participation), count(SealedAnswer)) == (1, 1)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_simultaneous_answers_one_is_taken(app: Flask, settings: Settings) -> None:
    check_one_answer_is_taken(app, settings)


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("no primary key of participations")
def test_without_the_key_every_answer_is_taken(app: Flask, settings: Settings) -> None:
    table = Base.metadata.tables["survey_participation"]
    with db.engine.begin() as connection:
        table.drop(connection)
        connection.execute(
            text("CREATE TABLE survey_participation (survey_id INTEGER, member_id INTEGER)")
        )
    with pytest.raises(AssertionError):
        check_one_answer_is_taken(app, settings)


# Closing during an answer


def check_no_answer_stays_sealed(app: Flask, settings: Settings) -> None:
    """The property: an answer whose transaction is open during the closing is opened too."""
    survey_id = open_survey(settings)
    member_id = people(1)[0]
    closed = threading.Event()

    def closing() -> None:
        with app.app_context():
            close(survey_id, settings, now=NOW)
            closed.set()

    thread = threading.Thread(target=closing)
    with writing() as session:
        answers.answer_survey(
            session,
            member_id=member_id,
            survey_id=survey_id,
            answers={"overall": 4, "words": "late"},
            now=NOW,
        )
        thread.start()
        closed.wait(0.5)  # long enough for a closing that does not wait for the answer
    thread.join(20)
    assert (count(SealedAnswer), stored_texts()) == (0, ["late"])


def test_closing_waits_for_an_open_answer(app: Flask, settings: Settings) -> None:
    check_no_answer_stays_sealed(app, settings)


# SQLite has one writer at a time, whatever we do.
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("no lock on the survey")
def test_without_the_lock_an_answer_stays_sealed(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(session: Session, survey_id: int, *, shared: bool = False) -> Survey:
        return session.get_one(Survey, survey_id)

    monkeypatch.setattr(answers, "_lock_survey", unlocked)
    with pytest.raises(AssertionError):
        check_no_answer_stays_sealed(app, settings)
