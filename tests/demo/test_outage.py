"""After an outage between bridge and server nothing is lost and nothing is counted twice."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.databases import with_schema
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.demo import example, supervisor
from zone.demo.phone import Phone
from zone.demo.supervisor import Installation
from zone.members.people import service as people
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

pytestmark = pytest.mark.slow
PEOPLE = 12
WAIT_SECONDS = 60.0


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Installation]:
    # One for both tests: to start all its processes takes longer than a test. SQLite alone: what
    # the keys of the tables refuse twice is tested on both engines in `access/entries`, and a lost
    # database in `operation/backups`.
    data = with_schema(tmp_path_factory.mktemp("site") / "demo", sqlite_template)
    with supervisor.opened(data) as opened:
        yield opened


@contextmanager
def database(running: Installation) -> Iterator[None]:
    """Yield an application on the database of the running Zone."""
    with application(running.settings).app_context():
        yield
        db.engine.dispose()


@lru_cache(maxsize=1)
def application(settings: Settings) -> Flask:
    """Return the application of one installation, which its tests ask many times a second."""
    return create_app(settings)


def phones(running: Installation) -> list[Phone]:
    """Return phones of people with a pass, after the doors have received their keys."""
    now, made, wanted = utc_now(), [], keys_at_the_door(running) + PEOPLE
    with database(running), writing() as session:
        for _ in range(PEOPLE):
            email = f"{new_public_id().hex}@zone.example"
            member = people.create_member(
                session, email=email, name="Kävijä", language="fi", now=now
            )
            example.give_pass(session, member, "sports-term", now)
            made.append(sign_in_sessions.open_session(session, member.id, now=now))
    name = session_cookie.name_of(running.settings)
    carried = [Phone(running.url, cookie=f"{name}={token}") for token in made]
    for phone in carried:
        phone.enrol()
    eventually(lambda: keys_at_the_door(running) >= wanted)
    return carried


def keys_at_the_door(running: Installation) -> int:
    """Return how many keys the bridge has. It asks about one unknown key a second at most."""
    roster = running.settings.data_dir / "bridge" / "roster.sqlite"
    with closing(sqlite3.connect(f"file:{roster}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM key").fetchone()[0])


def walk_in(running: Installation, phone: Phone) -> None:
    answer = running.hold_to_reader(phone.text(utc_now().timestamp()))
    assert answer["granted"], answer
    assert "strike" in answer


def counts(running: Installation) -> tuple[int, int, int]:
    """Return (granted entries, different uuids among them, visits)."""
    with database(running), reading() as session:
        granted = select(func.count(Entry.id), func.count(Entry.uuid.distinct())).where(
            Entry.granted
        )
        entries, uuids = session.execute(granted).one()
        return (
            entries,
            uuids,
            session.scalars(select(func.count(Visit.id)).where(Visit.retracted_at.is_(None))).one(),
        )


def await_counts(running: Installation, before: tuple[int, int, int], more: int) -> None:
    """Wait for `more` visits than `before`; then there are as many entries, each with its uuid."""
    eventually(lambda: counts(running)[2] >= before[2] + more)
    assert counts(running) == tuple(count + more for count in before)


def eventually(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.1)


def test_a_door_works_without_its_server_and_every_visit_is_counted_once_when_it_is_back(
    running: Installation,
) -> None:
    before, carried = counts(running), phones(running)
    walk_in(running, carried[0])
    await_counts(running, before, 1)
    running.web.kill()
    for phone in carried[1:]:
        walk_in(running, phone)
    running.web.start_again()
    supervisor.await_web(running.web, running.port)
    await_counts(running, before, PEOPLE)


def test_bridge_and_server_killed_between_scans_lose_nothing(running: Installation) -> None:
    before = counts(running)
    for number, phone in enumerate(phones(running), 1):
        walk_in(running, phone)
        if number % 4 == 0:
            running.bridge.kill()
            running.web.kill()
            running.web.start_again()
            supervisor.await_web(running.web, running.port)
            running.bridge.start_again()
            supervisor.await_bridge(running.bridge)
    await_counts(running, before, PEOPLE)
