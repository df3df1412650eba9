"""Jobs run once per due time with any number of schedulers; a failure is recorded."""

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.jobs import DEADLINE, NOW, await_that, note, notes
from zone.app import create_app
from zone.core import clock
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.jobs import loop, runner
from zone.core.jobs.models import JobRun
from zone.core.jobs.rules import Job, due_time
from zone.core.jobs.runner import run_due
from zone.core.jobs.service import Lease
from zone.scheduler import JOBS

MINUTE = timedelta(minutes=1)
TWO = Path(__file__).with_name("one_scheduler.py")


def fail(_settings: Settings, _now: datetime) -> int:
    raise RuntimeError("the mail server is on fire")


def run_states() -> list[tuple[str, str]]:
    with reading() as session:
        return [(row.job, row.state) for row in session.scalars(select(JobRun).order_by(JobRun.id))]


def test_a_job_runs_once_per_due_time(app: Flask) -> None:
    job = Job("note", MINUTE, note)
    first = run_due(app, job, NOW)
    assert first is not None
    assert (first.slot, first.state, first.done) == (NOW.replace(second=0), "done", 1)
    assert run_due(app, job, NOW + timedelta(seconds=50)) is None
    assert run_due(app, job, NOW + timedelta(seconds=53)) is not None
    assert notes() == 2


def test_missed_due_times_are_caught_up_with_once(app: Flask) -> None:
    job = Job("note", MINUTE, note)
    run_due(app, job, NOW)
    after_three_hours = NOW + timedelta(hours=3)
    run_due(app, job, after_three_hours)
    run_due(app, job, after_three_hours)
    assert notes() == 2


def test_a_failing_job_is_recorded_and_runs_at_the_next_due_time(app: Flask) -> None:
    job = Job("fail", MINUTE, fail)
    failed = run_due(app, job, NOW)
    assert failed is not None
    assert (failed.state, failed.error) == ("failed", "RuntimeError")
    assert failed.finished_at is not None
    run_due(app, job, NOW + MINUTE)
    assert run_states() == [("fail", "failed"), ("fail", "failed")]


@pytest.mark.parametrize(
    "every", [timedelta(seconds=10), MINUTE, timedelta(hours=1), timedelta(days=1)]
)
def test_due_times_do_not_depend_on_the_start_of_a_scheduler(every: timedelta) -> None:
    start = due_time(NOW, every)
    assert start <= NOW < start + every
    assert {due_time(start + every * part / 7, every) for part in range(7)} == {start}
    assert due_time(start + every, every) == start + every


def racing(app: Flask, job: Job, racers: int) -> int:
    """Let many schedulers run the same due job at once; return how often it was done."""
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


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_simultaneous_schedulers_one_does_the_job(app: Flask) -> None:
    check_once(app)


@pytest.mark.planted_fault("no lease of the job")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_lease_the_job_is_done_many_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lease_without_row(session: Session, job: Job, slot: datetime, now: datetime) -> Lease:
        return Lease(0, 0)

    monkeypatch.setattr(runner, "lease_run", lease_without_row)
    with pytest.raises(AssertionError):
        check_once(app)


def test_the_loop_survives_a_failing_job_and_stops_when_asked(
    app: Flask, settings: Settings
) -> None:
    stop = threading.Event()
    often = timedelta(seconds=1)
    jobs = (Job("fail", often, fail), Job("note", often, note))
    running = threading.Thread(target=loop.run, args=(create_app(settings), jobs, stop))
    running.start()
    try:
        await_that(lambda: run_states().count(("fail", "failed")) >= 2 and notes() >= 2)
    finally:
        stop.set()
        running.join(DEADLINE)
    assert not running.is_alive()
    assert ("fail", "running") not in run_states()


@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
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
        await_that(lambda: own <= {job for job, _ in run_states()} and notes() >= 2)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(DEADLINE) for process in processes]
    assert codes == [0, 0]
    done = run_states()
    assert notes() == done.count(("note", "done"))
    assert {job for job, _ in done} == {"note", *own, *(job.name for job in JOBS)}
    assert {state for _, state in done} == {"done"}
    assert len([job for job, _ in done if job in own]) == 2


def test_every_job_of_the_product_succeeds_on_an_empty_database(app: Flask) -> None:
    outcomes = {job.name: run_due(app, job, NOW) for job in JOBS}
    assert {
        name: run.error for name, run in outcomes.items() if run is not None and run.error
    } == {}
    assert all(run is not None and run.state == "done" for run in outcomes.values())


def test_runs_are_deleted_after_a_month(app: Flask) -> None:
    run_due(app, Job("note", MINUTE, note), NOW)
    old = NOW + timedelta(days=31)
    [deleting] = [run_due(app, job, old) for job in JOBS if job.name == "jobs.forget_runs"]
    assert deleting is not None
    assert deleting.done == 1
    assert run_states() == [("jobs.forget_runs", "done")]


@pytest.mark.parametrize("days", [-3, 3])
def test_the_shifted_clock_of_a_demo_holds_no_job_back(app: Flask, days: int) -> None:
    clock.shift(timedelta(days=days))
    try:
        timer = loop.build_timer(app, JOBS, clock.utc_now())
        timer.start(paused=True)
        latest = {job.name: job.every for job in JOBS}
        for scheduled in timer.get_jobs():
            if scheduled.func is runner.tick:
                wait = scheduled.next_run_time - clock.real_now()
                assert wait <= latest[scheduled.args[1].name], scheduled.args[1].name
        timer.shutdown(wait=False)
    finally:
        clock.shift(timedelta())
