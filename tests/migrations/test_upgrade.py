"""An upgrade keeps everything that a service has stored, or changes nothing."""

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Time,
    Uuid,
    func,
    insert,
    select,
    text,
)

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from zone.app import MIGRATIONS
from zone.booking.bookings.service import book
from zone.booking.sessions.models import ClassSession
from zone.core.db.engine import WRITE, db
from zone.core.db.transactions import reading, writing
from zone.core.row_records.queries import count_unrecorded
from zone.members.people.queries import member_by_email
from zone.members.sign_in_sessions.models import SignInSession
from zone.operation.migrations import flows as migrations_flows
from zone.operation.migrations import service as migrations
from zone.reporting.kpis import queries as kpis_queries
from zone.web.context import settings_of

__all__ = ["empty"]

STATES: Final = {"0001": Path(__file__).with_name("state_0001.json")}
"""The content of a database at a revision, after two runs of the main job by invented people."""
THEN: Final = datetime(2026, 11, 22, 5, tzinfo=UTC)

Rows = dict[str, list[dict[str, Any]]]


def on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def tables() -> MetaData:
    """Return the tables as the database has them."""
    found = MetaData()
    found.reflect(db.engine)
    return found


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return at if on_sqlite() else at.replace(tzinfo=UTC)


READ: Final[tuple[tuple[type[Any], Callable[[Any], Any]], ...]] = (
    (DateTime, _instant),
    (Date, date.fromisoformat),
    (Time, time.fromisoformat),
    (LargeBinary, bytes.fromhex),
    (Boolean, bool),
    (JSON, json.loads),
    (Uuid, uuid.UUID),
)


def read(column: Column[Any], value: Any) -> Any:
    """Return a value of the file in the form that this column takes."""
    if value is None:
        return None
    return next((convert(value) for kind, convert in READ if isinstance(column.type, kind)), value)


def load(state: Rows) -> None:
    """Fill a database of the revision with the content of the file."""
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        for table in tables().sorted_tables:
            if rows := state.get(table.name):
                given = [
                    {name: read(table.c[name], value) for name, value in row.items()}
                    for row in rows
                ]
                connection.execute(insert(table), given)
                if not on_sqlite() and "id" in table.c:
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(
                        select(func.setval(sequence, func.max(table.c.id))).select_from(table)
                    )


NOW_IN: Final = {
    "class_session": ("allocation", "class_session"),
    "session_event": ("allocation_event",),
}
"""The tables that have the rows of a table of before; the first one has all of them."""
RENAMED: Final = {
    ("hold", "session_id"): "allocation_id",
    ("session_event", "session_id"): "allocation_id",
}
"""Columns that have another name now, by the table and the name of before."""


def stored(state: Rows) -> Rows:
    """Return the same rows and columns as they are stored now."""
    found = tables()
    with db.engine.connect() as connection:
        return {name: _rows(connection, found, name, rows[0]) for name, rows in state.items()}


def _rows(
    connection: Any, found: MetaData, name: str, columns: dict[str, Any]
) -> list[dict[str, Any]]:
    names = [one for one in NOW_IN.get(name, ()) if one in found.tables] or [name]
    there = [found.tables[one] for one in names]
    source: Any = there[0]
    for other in there[1:]:
        source = source.outerjoin(other, other.c.id == there[0].c.id)
    selected = []
    for column in columns:
        for table in there:
            now = RENAMED.get((name, column), column)
            if found_now := [known for known in (column, now) if known in table.c]:
                selected.append(table.c[found_now[0]].label(column))
                break
    query = select(*selected).select_from(source).order_by(*there[0].primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(query)]


@contextmanager
def running_since(revision: str) -> Iterator[Rows]:
    """Make a database at a revision, with the content of that time."""
    state: Rows = json.loads(STATES[revision].read_text("utf-8"))
    begin_at(revision)
    load(state)
    yield state


def check_kept(before: Rows, after: Rows) -> None:
    """Check that nothing is lost or changed, except columns that the new schema has dropped."""
    for name, rows in before.items():
        kept = after[name][0].keys()
        assert [{key: row[key] for key in kept} for row in rows] == after[name], name


@pytest.mark.parametrize("revision", STATES)
def test_an_upgrade_keeps_everything(empty: Flask, engine_name: str, revision: str) -> None:
    with running_since(revision) as state:
        before = stored(state)
        assert migrations.migrate(str(MIGRATIONS)) == (revision, migrations.newest(str(MIGRATIONS)))
        check_kept(before, stored(state))
    assert differences() == []
    assert triggers() == wanted_triggers(engine_name)


@pytest.mark.thorough
@pytest.mark.planted_fault("a migration drops a row")
@pytest.mark.engines("sqlite", thorough="postgresql")
def test_a_row_that_a_migration_drops_is_noticed(empty: Flask) -> None:
    with running_since("0001") as state:
        before = stored(state)
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM survey_question"))
        after = stored(state) | {"survey_question": [dict.fromkeys(before["survey_question"][0])]}
        with pytest.raises(AssertionError):
            check_kept(before, after)


@pytest.mark.engines("sqlite", thorough="postgresql")  # what each migrates is kept on both
def test_after_the_upgrade_figures_are_the_same_and_people_go_on_booking(empty: Flask) -> None:
    with running_since("0001"):
        migrations_flows.migrate(str(MIGRATIONS))
    with writing() as session:
        assert count_unrecorded(session, THEN) == 0, "nothing is reported as changed by hand"
    with reading() as session:
        passes, *_ = kpis_queries.report(session, 2026, as_of=THEN, now=THEN).figures
        assert passes.judged.value == 2
        soon = ClassSession.starts_at.between(THEN + timedelta(hours=3), THEN + timedelta(days=6))
        free = session.scalars(
            select(ClassSession.public_id).where(soon, ClassSession.state == "scheduled")
        ).first()
        student = member_by_email(session, "booked@zone.example")
    assert free is not None
    assert student is not None
    with writing() as session:
        assert book(session, member_id=student.id, class_session=free, now=THEN).state == "booked"
        assert count_unrecorded(session, THEN) == 0


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: Flask) -> None:
    begin_at(newest())
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.SchemaError, match=r"9999.*newer"):
        migrations.migrate(str(MIGRATIONS))
    assert migrations.present() == "9999"


@pytest.mark.engines("postgresql", thorough="sqlite")
def test_a_migration_that_cannot_have_its_lock_gives_up_and_changes_nothing(empty: Flask) -> None:
    begin_at("0001")
    with db.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        connection.execute(text("UPDATE campus SET name = name"))
        if not on_sqlite():
            connection.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        with pytest.raises(migrations.SchemaError, match="in use"):
            migrations.migrate(str(MIGRATIONS))
    assert migrations.present() == "0001"
    migrations.migrate(str(MIGRATIONS))
    assert differences() == []


@pytest.mark.engines("postgresql", thorough="sqlite")
def test_two_machines_that_start_a_new_version_at_once_migrate_once(
    empty: Flask, database: dict[str, str]
) -> None:
    with running_since("0001"):
        command = [sys.executable, "-m", "zone", "migrate"]
        machines = [
            subprocess.Popen(command, env=os.environ | database, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        said = [machine.communicate(timeout=60)[1] for machine in machines]
    assert [(machine.returncode, text) for machine, text in zip(machines, said, strict=True)] == [
        (0, b"")
    ] * 2
    assert differences() == []


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
def test_who_finds_another_machine_migrating_waits_as_long_as_it_takes(empty: Flask) -> None:
    begin_at("0001")
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x5A6F6E65})
        end = threading.Timer(6, other.rollback)  # one second after the wait for other locks
        end.start()
        migrations.migrate(str(MIGRATIONS))
        end.join()
    assert differences() == []


@pytest.fixture
def database(empty: Flask) -> dict[str, str]:
    """Return the settings by which another process opens the same database."""
    settings = settings_of(empty)
    return {"ZONE_DATABASE_URL": settings.database, "ZONE_DATA_DIR": str(settings.data_dir)}


@pytest.mark.engines("postgresql", thorough="sqlite")  # what each migrates is kept on both
def test_sessions_from_before_go_on_and_have_a_public_id(empty: Flask) -> None:
    with running_since("0001"):
        table = tables().tables["sign_in_session"]
        member = tables().tables["member"]
        with db.engine.begin() as connection:
            member_id = connection.scalar(select(func.min(member.c.id)))
            for number in range(3):
                values: dict[str, Any] = {"id": 9000 + number, "member_id": member_id}
                at = read(table.c.created_at, "2026-11-22T04:00:00")
                values |= {"digest": bytes([number] * 32), "created_at": at, "seen_at": at}
                connection.execute(insert(table), values)
        migrations.migrate(str(MIGRATIONS))
    with reading() as session:
        rows = session.scalars(select(SignInSession).where(SignInSession.id >= 9000)).all()
    assert len({row.public_id for row in rows}) == 3
    assert {(row.browser, row.system, row.revoked_at) for row in rows} == {("", "", None)}
