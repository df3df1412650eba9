"""The whole database does not show whose an answer is, nor in which batch somebody answered."""

import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.world.surveys import answer_all, minutes, open_survey, people
from tests.world.unordered import keep_order
from zone.app import create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.types import Base
from zone.feedback.answers import service as answers_service
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys import jobs as surveys_jobs
from zone.feedback.surveys.models import Survey

PEOPLE = 400
BATCHES = 8
CHANCE_HITS = 12
"""A blind pairing of 400 hits once on average, and more than 12 times once in 10^10 pairings."""
CHANCE_BATCH = 95
"""Blind assignment to 8 batches hits 50 of 400 on average; 95 is six standard deviations above."""

Row = dict[str, Any]


@dataclass(frozen=True)
class StolenRows:
    """The rows of both tables with everything that the engine stores about them."""

    participations: Sequence[Row]
    answers: Sequence[Row]


def steal(engine_name: str) -> StolenRows:
    with db.engine.connect() as connection:
        if engine_name == "postgresql":
            return StolenRows(_rows(connection, PARTICIPATIONS), _rows(connection, ANSWERS))
        return StolenRows(
            _numbered(connection, "survey_participation"), _numbered(connection, "survey_answer")
        )


# The lock that a foreign key takes leaves its transaction in the row of the member too.
PARTICIPATIONS = """
    SELECT p.*, p.xmin::text::bigint AS transaction, p.ctid::text AS rank,
           m.xmax::text::bigint AS lock
    FROM survey_participation p JOIN member m ON m.id = p.member_id"""
ANSWERS = """
    SELECT a.*, a.xmin::text::bigint AS transaction, a.ctid::text AS rank
    FROM survey_answer a WHERE words IS NOT NULL"""


def _rows(connection: Connection, query: str) -> list[Row]:
    rows = [
        dict(row) | {"scan": number}
        for number, row in enumerate(connection.execute(text(query)).mappings())
    ]
    for row in rows:
        if isinstance(row.get("rank"), str):  # (page,place)
            row["rank"] = tuple(int(part) for part in row["rank"].strip("()").split(","))
    return rows


def _numbered(connection: Connection, table: str) -> list[Row]:
    """Return the rows of a SQLite table, with their rowid where the table has one."""
    where = "WHERE words IS NOT NULL" if table == "survey_answer" else ""
    try:
        return _rows(connection, f"SELECT *, rowid AS rank FROM {table} {where}")
    except OperationalError:
        return _rows(connection, f"SELECT * FROM {table} {where}")


def pairings(stolen: StolenRows) -> Iterable[list[tuple[Row, Row]]]:
    """Return every pairing of the two tables that an order of their rows suggests."""
    for left in ("rank", "transaction", "lock", "scan", "member_id"):
        for right in ("rank", "transaction", "scan", "recorded_at", "id"):
            if left in stolen.participations[0] and right in stolen.answers[0]:
                ordered = _ordered(stolen.participations, left)
                yield list(zip(ordered, _ordered(stolen.answers, right), strict=True))
                yield list(zip(ordered, reversed(_ordered(stolen.answers, right)), strict=True))
    yield from _same_transaction(stolen)


def _ordered(rows: Sequence[Row], by: str) -> list[Row]:
    return sorted(
        rows,
        key=lambda row: (str(row[by]) if by == "id" else row[by], row.get("rank", row["scan"])),
    )


def _same_transaction(stolen: StolenRows) -> Iterable[list[tuple[Row, Row]]]:
    if "transaction" in stolen.answers[0]:
        by_transaction = {row["transaction"]: row for row in stolen.answers}
        yield [
            (row, by_transaction[row["transaction"]])
            for row in stolen.participations
            if row["transaction"] in by_transaction
        ]


def hits(stolen: StolenRows) -> int:
    """Return how many answers the best pairing gives to the right person."""
    return max(
        sum(bool(a["words"] == f"person {p['member_id']}") for p, a in pairs)
        for pairs in pairings(stolen)
    )


def batch_hits(stolen: StolenRows) -> int:
    """Return how many people the best order puts into the batch in which they answered."""
    batch_of = {answer["words"]: answer["recorded_at"] for answer in stolen.answers}
    guesses = []
    for mark in ("rank", "transaction", "lock", "scan"):
        if mark in stolen.participations[0]:
            ordered = _ordered(stolen.participations, mark)
            batches = sorted(answer["recorded_at"] for answer in stolen.answers)
            guesses.append(
                sum(
                    bool(batch_of[f"person {p['member_id']}"] == b)
                    for p, b in zip(ordered, batches, strict=True)
                )
            )
    return max(guesses)


def run_the_survey(settings: Settings) -> None:
    """Let 400 people answer in random order, and run the job on eight days in between.

    An opened answer names its day, so each batch has one of its own.
    """
    survey_id = open_survey(settings)
    members = people(PEOPLE)
    random.Random(7).shuffle(members)
    for batch in range(BATCHES):
        size = PEOPLE // BATCHES
        answer_all(survey_id, members[batch * size : (batch + 1) * size])
        surveys_jobs.open_batches(settings, minutes(0) + timedelta(days=batch))


def check_nobody_can_be_linked(engine_name: str) -> None:
    stolen = steal(engine_name)
    assert (len(stolen.participations), len(stolen.answers)) == (PEOPLE, PEOPLE)
    assert hits(stolen) <= CHANCE_HITS
    assert batch_hits(stolen) <= CHANCE_BATCH
    assert (
        len({row["recorded_at"] for row in stolen.answers}) == BATCHES
    )  # a batch has one time, nobody a time of their own


@pytest.mark.thorough
def test_nobodys_answer_or_batch_can_be_found(
    app: Flask, settings: Settings, engine_name: str
) -> None:
    run_the_survey(settings)
    check_nobody_can_be_linked(engine_name)


@pytest.fixture
def counted_arrivals(app: Flask, engine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault: tables whose rows carry a rowid on SQLite."""
    if engine_name == "sqlite":
        tables: list[Table] = [
            Base.metadata.tables[model.__tablename__]
            for model in (Participation, SealedAnswer, SurveyAnswer)
        ]
        Base.metadata.drop_all(db.engine, tables)
        for table in tables:
            monkeypatch.setitem(table.dialect_options["sqlite"], "with_rowid", True)
        Base.metadata.create_all(db.engine, tables)


def answer_at_once(session: Session, survey: Survey, member_id: int, sheet: dict[str, Any]) -> None:
    """The fault: the answer goes into the table with the participation."""
    session.add(Participation(survey_id=survey.id, member_id=member_id))
    session.flush()
    session.add_all(
        SurveyAnswer(**row)
        for row in answers_service.answer_rows(session, survey.id, [sheet], minutes(0))
    )
    session.flush()


def untouched(rows: list[Row]) -> list[Row]:
    return rows


def no_reordering(_session: Session, _survey_id: int) -> None:
    """The fault: participations stay in the order of arrival."""


def fault_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_service, "insert_sealed", answer_at_once)
    monkeypatch.setattr(answers_service, "reorder_participations", no_reordering)


def fault_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_service, "shuffled", untouched)
    monkeypatch.setattr(answers_service, "reorder_participations", no_reordering)


@pytest.mark.thorough
@pytest.mark.parametrize("plant", [fault_written_at_once, fault_in_order])
@pytest.mark.usefixtures("counted_arrivals")
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("answers are inserted at once, or not shuffled")
def test_without_sealing_or_shuffling_everybody_is_found(
    plant: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    engine_name: str,
) -> None:
    plant(monkeypatch)
    keep_order(db.engines.values())
    run_the_survey(settings)
    # Nearly everybody: PostgreSQL may put rows of a later batch where a vacuum has made room.
    assert hits(steal(engine_name)) > PEOPLE // 2
    with pytest.raises(AssertionError):
        check_nobody_can_be_linked(engine_name)


@pytest.mark.thorough
@pytest.mark.usefixtures("counted_arrivals")
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("participations are not reordered")
def test_without_reordering_everybodys_batch_is_found(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, engine_name: str
) -> None:
    monkeypatch.setattr(answers_service, "reorder_participations", no_reordering)
    run_the_survey(settings)
    assert batch_hits(steal(engine_name)) == PEOPLE
    with pytest.raises(AssertionError):
        check_nobody_can_be_linked(engine_name)


def test_a_migrated_database_has_no_rowids_either(tmp_path: Path, sqlite_template: Path) -> None:
    """The models have no rowid; a migration could still create one."""
    shutil.copy(sqlite_template, tmp_path)
    with create_app(Settings(data_dir=tmp_path)).app_context():
        with db.engine.connect() as connection:
            for model in (Participation, SealedAnswer, SurveyAnswer):
                with pytest.raises(OperationalError, match="rowid"):
                    connection.execute(text(f"SELECT rowid FROM {model.__tablename__}"))
        db.engine.dispose()
