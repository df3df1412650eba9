"""A clock that was wrong for a while holds no job back once it is right."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.world.doctor import findings
from tests.world.jobs import DAY, DEADLINE, NOW, Failing, note, notes
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.jobs import loop, queries
from zone.core.jobs.rules import Job
from zone.core.jobs.runner import run_due
from zone.core.jobs.service import request_run

MINUTE = timedelta(minutes=1)
AHEAD = NOW + 300 * DAY
JOB = Job("note", MINUTE, note)


def test_a_run_of_a_time_to_come_holds_none_back(app: Flask) -> None:
    run_due(app, JOB, AHEAD)
    assert run_due(app, JOB, NOW) is not None
    assert run_due(app, JOB, NOW) is None
    assert run_due(app, JOB, NOW + MINUTE) is not None
    assert notes() == 3


def test_a_failure_of_a_time_to_come_makes_nobody_wait(app: Flask) -> None:
    failing = Failing()
    run_due(app, failing.job(), AHEAD)
    failing.mended = True
    run = run_due(app, failing.job(), NOW)
    assert run is not None
    assert (run.state, run.attempts) == ("done", 1)
    with reading() as session:
        assert session.scalar(queries.failing_jobs(NOW)) == 0


def test_a_run_that_is_requested_meanwhile_is_due(app: Flask) -> None:
    run_due(app, JOB, AHEAD)
    with writing() as session:
        assert request_run(session, JOB.name, NOW).slot == NOW
    with reading() as session:
        assert queries.due_again(session, NOW) == {JOB.name}


def test_the_status_is_that_of_what_was_due(app: Flask) -> None:
    run_due(app, JOB, AHEAD)
    with reading() as session:
        [status] = queries.job_statuses(session, [JOB], NOW)
        assert (status.state, status.last_success, status.next_due) == ("never", None, NOW)
        # Who goes on from there would leave out all that happens until then.
        assert queries.last_success_start(session, JOB.name, NOW) is None


@pytest.mark.engines("sqlite")
def test_the_doctor_sees_that_no_job_runs(app: Flask, settings: Settings) -> None:
    for at in (NOW, AHEAD):
        run_due(app, JOB, at)
    said = [finding.what for finding in findings(settings, NOW + timedelta(hours=1))]
    assert "no job since 2026-09-21 09:00 UTC" in said


class SteppedClock:
    """The machine's clock, which somebody steps while it is looked at."""

    def __init__(self, by: Sequence[timedelta]) -> None:
        self._steps = [*by]

    def __call__(self) -> datetime:
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        return datetime.now(UTC) + step  # noqa: TID251 -- the clock itself


@pytest.mark.parametrize(
    ("steps", "ends"),
    [([2, 0], True), ([0, 2, 2, 0], True), ([0, 0], False), ([0, 2], False)],
    ids=["set back", "set forward, then back", "steady", "set forward"],
)
def test_the_wait_ends_when_the_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch, steps: Sequence[int], ends: bool
) -> None:
    monkeypatch.setattr(loop, "CHECK_EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(loop, "real_now", SteppedClock([timedelta(hours=one) for one in steps]))
    stopped = threading.Event()
    waiting = threading.Thread(target=loop.wait_until_set_back, args=[stopped])
    waiting.start()
    waiting.join(DEADLINE if ends else 0.2)
    assert waiting.is_alive() is not ends
    stopped.set()
    waiting.join()


def test_the_timer_begins_anew_when_the_clock_is_set_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, stopped, waits = threading.Event(), threading.Event(), list[bool]()

    def run(_settings: Settings, _now: datetime) -> int:
        ran.set()
        return 1

    def set_back_once(stopped: threading.Event) -> None:
        waits.append(ran.wait(DEADLINE))
        ran.clear()
        if len(waits) == 2:
            stopped.set()

    monkeypatch.setattr(loop, "wait_until_set_back", set_back_once)
    loop.run(app, [Job("note", timedelta(seconds=1), run)], stopped)
    assert waits == [True, True]
