"""Staff have every invariant recounted, and read what breaks it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.operation.doctor.test_doctor import FAULTS, without_key
from tests.world.doctor import AT, INVARIANTS
from tests.world.people import a_person
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.invariants import Invariant
from zone.core.jobs.models import JobRun
from zone.core.jobs.queries import newest
from zone.operation.integrity import jobs
from zone.operation.integrity.queries import Integrity, integrity
from zone.operation.integrity.service import AT_MOST, JOB, recount

HTML = {"Accept": "text/html"}


def checked(settings: Settings, *names: str) -> Integrity:
    """Return what the job finds of these invariants, or of all."""
    invariants = [one for one in INVARIANTS if not names or one.name in names]
    assert jobs.check(invariants, settings, AT) == len(invariants)
    with reading() as session:
        return integrity(session, invariants, JOB, AT)


def test_of_a_sound_service_everything_holds(service: Settings) -> None:
    found = checked(service)
    assert [one.state for one in found.invariants] == ["ok"] * len(INVARIANTS)
    assert (found.checked_at, found.running, found.wrong) == (AT, False, [])


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("one fault for each invariant")
def test_each_fault_is_named_with_what_breaks(service: Settings, name: str) -> None:
    key, plant = FAULTS[name]
    if key is not None:
        without_key(*key)
    with writing() as session:
        plant(session)
    (one,) = checked(service, name).invariants
    assert (one.name, one.state) == (name, "broken")
    assert one.broken
    assert one.rows, "some of the rows are named"
    assert len(one.rows) <= 5


def test_a_later_recount_takes_the_place_of_the_last(service: Settings) -> None:
    with writing() as session:
        FAULTS["places"][1](session)
    assert checked(service, "places").wrong
    with writing() as session:
        session.connection().exec_driver_sql("UPDATE allocation SET booked = booked + 1")
    found = checked(service, "bookings")
    assert [one.state for one in found.invariants] == ["ok"]


def test_what_cannot_be_read_is_said_and_stops_nothing(service: Settings) -> None:
    def unreadable(*_: object) -> int:
        raise ValueError("not as the service writes it")

    both = [Invariant("unreadable", "it can be read", unreadable), INVARIANTS[0]]
    jobs.check(both, service, AT)
    with reading() as session:
        views = integrity(session, both, JOB, AT).invariants
    assert [one.state for one in views] == ["unknown", "ok"]
    assert views[0].problem == "ValueError"


def test_after_the_time_nothing_more_is_begun(service: Settings) -> None:
    times = iter([AT, AT + AT_MOST, AT + AT_MOST + timedelta(seconds=1)])
    with reading() as session:
        outcomes = list(recount(session, INVARIANTS[:2], service, AT, lambda: next(times)))
    assert [outcome.problem for outcome in outcomes] == [None, "the time was up"]


@pytest.mark.engines("sqlite")
def test_managers_ask_for_a_recount_once_while_it_runs(app: Flask) -> None:
    manager = a_person(app, "manager")
    first = manager.post("/api/v1/integrity/check")
    again = manager.post("/api/v1/integrity/check")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json()["slot"] == again.get_json()["slot"]
    assert manager.get("/api/v1/integrity").get_json()["running"]
    with writing() as session:
        run = newest(session, JOB, utc_now())
        assert run is not None
        run.state, run.due_at = "running", utc_now() + timedelta(minutes=9)
    assert manager.post("/api/v1/integrity/check").status_code == 202
    with reading() as session:
        runs = session.scalar(select(func.count(JobRun.id)).where(JobRun.job == JOB))
        asked = session.scalar(
            select(func.count(AuditRow.id)).where(AuditRow.action == "integrity.check")
        )
    assert (runs, asked) == (1, 1)


@pytest.mark.engines("sqlite")
def test_recounts_are_limited(app: Flask) -> None:
    manager = a_person(app, "manager")
    codes = [manager.post("/api/v1/integrity/check").status_code for _ in range(7)]
    assert codes == [*[202] * 6, 429]
    page = manager.post("/manage/integrity", headers=HTML)
    assert page.status_code == 429


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_others_neither_see_nor_start_it(app: Flask, role: str) -> None:
    browser = a_person(app, role)
    assert browser.get("/api/v1/integrity").status_code == 403
    assert browser.post("/api/v1/integrity/check").status_code == 403
    assert browser.get("/manage/integrity", headers=HTML).status_code == 403
