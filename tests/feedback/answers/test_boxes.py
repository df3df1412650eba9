"""Sealed answers are opened in batches; closing opens the rest; only closed waves have figures."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tests.world.surveys import (
    CLOSES,
    NOW,
    answer,
    close,
    count,
    minutes,
    open_survey,
    people,
    stored_texts,
)
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import day_window, helsinki_date
from zone.feedback.answers import sealing
from zone.feedback.answers import service as answers
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.results import queries as results_queries
from zone.feedback.surveys import jobs as surveys_jobs
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys.models import Survey
from zone.places.campuses.models import Campus


def test_sealed_answers_are_opened_from_twenty_on(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    members = people(20)
    for member_id in members[:19]:
        answer(survey_id, member_id)
    assert surveys_jobs.open_batches(settings, minutes(1)) == 0
    answer(survey_id, members[19])
    assert surveys_jobs.open_batches(settings, minutes(2)) == 20
    assert (count(SealedAnswer), count(SurveyAnswer), count(Participation)) == (0, 20, 20)


def test_opened_answers_show_the_day_of_their_batch_alone(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    members = people(40)
    for number in (0, 1):
        for member_id in members[20 * number :][:20]:
            answer(survey_id, member_id)
        surveys_jobs.open_batches(settings, minutes(30 + number))
    with reading() as session:
        times = set(session.scalars(select(SurveyAnswer.recorded_at)))
    assert times == {day_window(helsinki_date(NOW))[0]}, "one day, not two batches"


def test_nobody_answers_twice_after_their_answer_is_opened(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    members = people(20)
    for member_id in members:
        answer(survey_id, member_id)
    surveys_jobs.open_batches(settings, minutes(1))
    with pytest.raises(DomainError, match="survey_answered"):
        answer(survey_id, members[0])


def test_a_damaged_answer_stays_sealed_and_the_others_are_opened(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    for member_id in people(21):
        answer(survey_id, member_id, words="here")
    with writing() as session:
        damaged = session.scalars(select(SealedAnswer).limit(1)).one()
        damaged.sealed = damaged.sealed[:-1] + bytes([damaged.sealed[-1] ^ 1])
    assert surveys_jobs.open_batches(settings, minutes(1)) == 20
    close(survey_id, settings)
    assert (count(SealedAnswer), stored_texts()) == (1, ["here"] * 20)


def test_a_survey_whose_key_is_missing_loses_no_answer(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    answer(survey_id, people(1)[0], words="safe")
    with reading() as session:
        path = sealing.key_path(settings, session.get_one(Survey, survey_id).public_key)
    away = path.rename(path.with_suffix(".away"))
    with pytest.raises(DomainError, match="survey_key_missing"):
        close(survey_id, settings)
    away.rename(path)
    close(survey_id, settings)
    assert stored_texts() == ["safe"]


def check_a_survey_without_its_key_stops_no_other(settings: Settings) -> None:
    """The property: the other surveys are opened and closed, and the job still fails."""
    lost = open_survey(settings)
    with_key = open_survey(settings, code="autumn-2026", wave="autumn")
    for member_id in people(20):
        for survey_id in (lost, with_key):
            answer(survey_id, member_id, words=f"survey {survey_id}")
    with reading() as session:
        sealing.key_path(settings, session.get_one(Survey, lost).public_key).unlink()
    for job in (surveys_jobs.open_batches, surveys_jobs.close_due):
        with pytest.raises(DomainError, match="survey_key_missing"):
            job(settings, CLOSES)
    with reading() as session:
        assert surveys_queries.closed_at(session, with_key, CLOSES) == CLOSES
        assert not sealing.key_path(settings, session.get_one(Survey, with_key).public_key).exists()
    assert (count(SealedAnswer), stored_texts()) == (20, [f"survey {with_key}"] * 20)


def test_a_survey_without_its_key_stops_no_other(app: Flask, settings: Settings) -> None:
    check_a_survey_without_its_key_stops_no_other(settings)


@pytest.mark.planted_fault("the job stops at the first refusal")
def test_a_job_that_stops_at_the_first_refusal_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In order, so that the survey without its key is the first.
    monkeypatch.setattr(
        surveys_jobs, "_for_each", lambda surveys, work: sum(map(work, sorted(surveys)))
    )
    with pytest.raises(AssertionError):
        check_a_survey_without_its_key_stops_no_other(settings)


# Closing


def test_the_job_closes_a_survey_whose_time_is_over(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    answer(survey_id, people(1)[0], words="the last")
    assert surveys_jobs.close_due(settings, CLOSES - timedelta(seconds=1)) == 0
    assert surveys_jobs.close_due(settings, CLOSES) == 1
    assert (stored_texts(), count(SealedAnswer)) == (["the last"], 0)


def test_after_closing_neither_the_key_nor_the_participants_are_left(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    for member_id in people(3):
        answer(survey_id, member_id)
    assert len(list(settings.keys.glob("survey-*.key"))) == 1
    close(survey_id, settings)
    assert list(settings.keys.glob("survey-*.key")) == []
    assert (count(Participation), count(SurveyAnswer)) == (0, 3)
    with reading() as session:
        assert surveys_queries.closed_at(session, survey_id, CLOSES) == CLOSES


def test_closing_twice_closes_once(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    close(survey_id, settings)
    close(survey_id, settings, now=CLOSES + timedelta(days=1))
    with reading() as session:
        assert surveys_queries.closed_at(session, survey_id, CLOSES + timedelta(days=2)) == CLOSES


def test_a_closing_that_was_killed_before_the_key_was_erased_is_finished_later(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    answer(survey_id, people(1)[0])
    with writing() as session:
        answers.close_survey(session, survey_id, settings=settings, now=CLOSES)
    assert (count(Participation), len(list(settings.keys.glob("survey-*.key")))) == (1, 1)
    surveys_jobs.close_due(settings, CLOSES + timedelta(hours=1))
    assert (count(Participation), len(list(settings.keys.glob("survey-*.key")))) == (0, 0)


def test_the_key_file_is_for_its_owner_alone(app: Flask, settings: Settings) -> None:
    open_survey(settings)
    (key,) = settings.keys.glob("survey-*.key")
    assert key.stat().st_mode & 0o777 == 0o600


# Results


def results_of(survey_id: int, as_of: datetime) -> results_queries.WaveResults:
    with reading() as session:
        return results_queries.wave_results(session, survey_id, as_of)


def test_an_open_wave_has_no_figures(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    for member_id in people(25):
        answer(survey_id, member_id)
    surveys_jobs.open_batches(settings, minutes(1))
    assert (results_of(survey_id, CLOSES).answers, results_of(survey_id, CLOSES).closed_at) == (
        [],
        None,
    )


def test_a_closed_wave_has_its_answers_from_the_closing_on(app: Flask, settings: Settings) -> None:
    survey_id = open_survey(settings)
    for number, member_id in enumerate(people(6)):
        answer(survey_id, member_id, grade="cant_say" if number == 5 else 4)
    close(survey_id, settings)
    cell = results_of(survey_id, CLOSES).cell
    assert (cell.n, cell.graded, cell.total) == (6, 5, 20)
    assert results_of(survey_id, CLOSES - timedelta(seconds=1)).answers == []


def test_texts_and_other_questions_have_results_from_five_answers_on(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings)
    for number, member_id in enumerate(people(6)):
        answer(survey_id, member_id, words="quiet" if number < 4 else "")
    close(survey_id, settings)
    with reading() as session:
        overall, _, words = results_queries.all_results(session, survey_id, CLOSES)
    assert overall.cell is not None
    assert (overall.cell.mean, words.n, words.words) == (Decimal(4), None, ())


def test_a_campus_with_few_answers_is_neither_shown_nor_computable(
    app: Flask, settings: Settings
) -> None:
    survey_id = open_survey(settings, by_campus=True)
    campuses = ["pasila"] * 3 + ["malmi"] * 6 + ["arabia"] * 8
    with writing() as session:
        session.execute(
            insert(Campus), [{"code": code, "name": code} for code in ("pasila", "malmi", "arabia")]
        )
    for member_id, campus in zip(people(17), campuses, strict=True):
        with writing() as session:
            answers.answer_survey(
                session,
                member_id=member_id,
                survey_id=survey_id,
                answers={"overall": 5},
                campus=campus,
                now=NOW,
            )
    close(survey_id, settings)
    assert set(results_of(survey_id, CLOSES).campuses) == {"arabia"}


# A crash in the middle


@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_a_scheduler_killed_in_the_middle_loses_and_doubles_nothing(
    app: Flask, settings: Settings
) -> None:
    survey_id, words = a_survey_with_thirty_answers(settings)
    command = [sys.executable, "-m", "tests.world.dying_scheduler"]
    places = [settings.database, str(settings.data_dir)]
    killed = subprocess.run([*command, *places], check=False, timeout=60, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (count(SealedAnswer), count(SurveyAnswer)) == (30, 0)
    check_nothing_is_lost_or_doubled(survey_id, settings, words)


class CrashError(Exception):
    """The fault."""


def check_nothing_is_lost_or_doubled(
    survey_id: int, settings: Settings, expected: list[str]
) -> None:
    close(survey_id, settings)
    assert stored_texts() == sorted(expected)


def a_survey_with_thirty_answers(settings: Settings) -> tuple[int, list[str]]:
    survey_id = open_survey(settings)
    words = [f"answer {number}" for number in range(30)]
    for member_id, own_words in zip(people(30), words, strict=True):
        answer(survey_id, member_id, words=own_words)
    return survey_id, words


def crash_while_storing(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[Session], None] | None = None,
) -> None:
    """Open a batch that fails between deleting the sealed answers and inserting the opened ones."""
    original = answers.answer_rows

    def crashing(session: Session, *args: object) -> list[dict[str, object]]:
        original(session, *args)  # type: ignore[arg-type]  # passed on as it came
        if before is not None:
            before(session)
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setattr(answers, "answer_rows", crashing)
        with pytest.raises(CrashError):
            surveys_jobs.open_batches(settings, minutes(1))


def test_a_crash_in_the_middle_loses_and_doubles_nothing(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id, words = a_survey_with_thirty_answers(settings)
    crash_while_storing(settings, monkeypatch)
    assert (count(SealedAnswer), count(SurveyAnswer)) == (30, 0)
    check_nothing_is_lost_or_doubled(survey_id, settings, words)


@pytest.mark.planted_fault("sealed answers are deleted in a transaction of their own")
def test_answers_deleted_in_a_transaction_of_their_own_are_lost(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id, words = a_survey_with_thirty_answers(settings)
    crash_while_storing(settings, monkeypatch, before=Session.commit)
    with pytest.raises(AssertionError):
        check_nothing_is_lost_or_doubled(survey_id, settings, words)
