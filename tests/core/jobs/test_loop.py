"""Jobs run once per slot however many schedulers there are; a failure is recorded and stops nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.app import create_app
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.core.jobs import loop, runner
from zone.core.jobs.models import JobRun
from zone.core.jobs.runner import run_due
from zone.core.jobs.service import Job, Lease, due_time
from zone.scheduler import JOBS

NOW = datetime(2026, 9, 21, 9, 0, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEADLINE = 20.0


def note(_settings: Settings, now: datetime) -> int:
    """A job that leaves one row each time it is done."""
    with writing() as session:
        session.add(
            AuditRow(
                public_id=new_public_id(),
                action="note",
                object_kind="slot",
                object_id=str(now),
                occurred_at=now,
            )
        )
    return 1


def fail(_settings: Settings, _now: datetime) -> int:
    raise RuntimeError("the mail server is on fire")


def notes() -> int:
    with reading() as session:
        return len(session.scalars(select(AuditRow.id)).all())


def runs() -> list[tuple[str, str]]:
    with reading() as session:
        return [(row.job, row.state) for row in session.scalars(select(JobRun).order_by(JobRun.id))]


def test_a_job_runs_once_in_its_slot_and_again_in_the_next(app: Flask) -> None:
    job = Job("note", MINUTE, note)
    first = run_due(app, job, NOW)
    assert first is not None
    assert (first.slot, first.state, first.done) == (NOW.replace(second=0), "done", 1)
    assert run_due(app, job, NOW + timedelta(seconds=50)) is None
    assert run_due(app, job, NOW + timedelta(seconds=53)) is not None
    assert notes() == 2


def test_missed_slots_are_caught_up_with_once(app: Flask) -> None:
    job = Job("note", MINUTE, note)
    run_due(app, job, NOW)
    after_three_hours = NOW + timedelta(hours=3)
    run_due(app, job, after_three_hours)
    run_due(app, job, after_three_hours)
    assert notes() == 2


def test_a_failing_job_is_recorded_and_runs_again_in_the_next_slot(app: Flask) -> None:
    job = Job("fail", MINUTE, fail)
    failed = run_due(app, job, NOW)
    assert failed is not None
    assert (failed.state, failed.error) == ("failed", "RuntimeError")
    assert failed.finished_at is not None
    run_due(app, job, NOW + MINUTE)
    assert runs() == [("fail", "failed"), ("fail", "failed")]


@pytest.mark.parametrize(
    "every", [timedelta(seconds=10), MINUTE, timedelta(hours=1), timedelta(days=1)]
)
def test_slots_do_not_depend_on_when_a_scheduler_was_started(every: timedelta) -> None:
    start = due_time(NOW, every)
    assert start <= NOW < start + every
    assert {due_time(start + every * part / 7, every) for part in range(7)} == {start}
    assert due_time(start + every, every) == start + every


def racing(app: Flask, job: Job, racers: int) -> int:
    """Let many schedulers come to the same slot at once; answers how often the job was done."""
    gate = threading.Barrier(racers)

    def race() -> None:
        gate.wait()
        run_due(app, job, NOW)

    threads = [threading.Thread(target=race) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    return notes()


def check_once(app: Flask) -> None:
    assert racing(app, Job("note", MINUTE, note), 8) == 1


def test_of_many_schedulers_at_once_one_does_the_job(app: Flask) -> None:
    check_once(app)


@pytest.mark.planted_fault("no claim of the job")
def test_without_the_claim_the_job_is_done_many_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lease_without_row(session: Session, job: Job, slot: datetime, now: datetime) -> Lease:
        return Lease(0, 0)

    monkeypatch.setattr(runner, "lease_run", lease_without_row)
    with pytest.raises(AssertionError):
        check_once(app)


def await_that(condition: Callable[[], bool]) -> None:
    """Poll until it holds.

    Raises:
        AssertionError: it did not within the deadline.
    """
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)


def test_the_loop_survives_a_failing_job_and_stops_when_told(
    app: Flask, settings: Settings
) -> None:
    stop = threading.Event()
    often = timedelta(seconds=1)
    jobs = (Job("fail", often, fail), Job("note", often, note))
    running = threading.Thread(target=loop.run, args=(create_app(settings), jobs, stop))
    running.start()
    try:
        await_that(lambda: runs().count(("fail", "failed")) >= 2 and notes() >= 2)
    finally:
        stop.set()
        running.join(DEADLINE)
    assert not running.is_alive()
    assert ("fail", "running") not in runs()


TWO = Path(__file__).with_name("one_scheduler.py")


@pytest.mark.own_database
def test_two_processes_do_everything_once(app: Flask, settings: Settings) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "ZONE_DATABASE_URL": settings.database,
        "PYTHONPATH": str(Path.cwd()),
        "ZONE_DATA_DIR": str(settings.data_dir),
    }
    processes = [subprocess.Popen([sys.executable, str(TWO)], env=environment) for _ in range(2)]
    own = {f"own.{process.pid}" for process in processes}
    try:
        await_that(lambda: own <= {job for job, _ in runs()} and notes() >= 2)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(DEADLINE) for process in processes]
    assert codes == [0, 0]
    done = runs()
    assert notes() == done.count(("note", "done"))
    assert {job for job, _ in done} == {"note", *own, *(job.name for job in JOBS)}
    assert {state for _, state in done} == {"done"}
    assert len([job for job, _ in done if job in own]) == 2


def test_every_job_of_the_service_does_nothing_wrong_on_an_empty_database(app: Flask) -> None:
    outcomes = {job.name: run_due(app, job, NOW) for job in JOBS}
    assert {
        name: run.error for name, run in outcomes.items() if run is not None and run.error
    } == {}
    assert all(run is not None and run.state == "done" for run in outcomes.values())


def test_the_history_is_kept_for_a_month(app: Flask) -> None:
    run_due(app, Job("note", MINUTE, note), NOW)
    old = NOW + timedelta(days=31)
    [forgotten] = [run_due(app, job, old) for job in JOBS if job.name == "jobs.forget_runs"]
    assert forgotten is not None
    assert forgotten.done == 1
    assert runs() == [("jobs.forget_runs", "done")]
