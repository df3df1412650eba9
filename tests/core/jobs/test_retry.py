"""Failed jobs: pauses between attempts, leases of dead processes, safe error texts."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.world.jobs import DAY, NAMED, NOW, Failing, note, notes, runs
from zone.core.db.transactions import reading, writing
from zone.core.jobs import queries as jobs_queries
from zone.core.jobs import runner
from zone.core.jobs import service as jobs
from zone.core.jobs.rules import Job, due_time
from zone.core.jobs.runner import retry_after, run_due
from zone.core.jobs.service import lease_run, request_run

HOUR = timedelta(hours=1)
LOOK = timedelta(seconds=5)
TEN_MINUTES = timedelta(minutes=10)


def run_for_ten_minutes(app: Flask) -> Failing:
    """A job that always fails, run for ten minutes by a scheduler that polls every five seconds."""
    work = Failing()
    at = NOW
    while at < NOW + TEN_MINUTES:
        run_due(app, work.job(), at)
        at += LOOK
    return work


def check_pauses_grow(work: Failing) -> None:
    """The pauses grow, so that a broken job is tried only a few times."""
    waits = [later - earlier for earlier, later in zip(work.tried, work.tried[1:], strict=False)]
    assert 5 <= len(work.tried) <= 8
    assert waits == sorted(waits)
    assert waits[0] >= runner.FIRST_WAIT


def test_a_failing_job_is_retried_with_growing_pauses_before_its_next_due_time(app: Flask) -> None:
    check_pauses_grow(run_for_ten_minutes(app))
    assert len(runs()) == 1


@pytest.mark.thorough
@pytest.mark.planted_fault("a retry without a pause")
def test_a_retry_without_a_pause_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "retry_after", lambda attempts, every: timedelta(0))
    with pytest.raises(AssertionError):
        check_pauses_grow(run_for_ten_minutes(app))


@pytest.mark.parametrize(
    ("every", "longest"),
    [
        (timedelta(seconds=10), timedelta(minutes=1)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (DAY, HOUR),
    ],
)
def test_waits_end_at_the_interval_or_a_minute_and_never_beyond_an_hour(
    every: timedelta, longest: timedelta
) -> None:
    waits = [retry_after(attempt, every) for attempt in range(1, 40)]
    assert waits[:3] == [timedelta(seconds=5 * 2**n) for n in range(3)]
    assert waits[-1] == max(waits) == longest


def test_a_failed_run_records_attempts_start_and_error_without_personal_data(app: Flask) -> None:
    work = Failing()
    first = run_due(app, work.job(), NOW)
    assert first is not None
    assert first.due_at is not None
    second = run_due(app, work.job(), first.due_at)
    assert second is not None
    assert (second.state, second.attempts, second.failing_since) == ("failed", 2, NOW)
    assert second.error == "KeyError"
    assert NAMED not in str(second.error)


def test_a_repaired_job_succeeds_and_its_failures_end(app: Flask) -> None:
    work = Failing()
    failed = run_due(app, work.job(), NOW)
    assert failed is not None
    work.mended = True
    again = run_due(app, work.job(), NOW + timedelta(minutes=1))
    assert again is not None
    assert (again.id, again.state, again.failing_since, again.error) == (
        failed.id,
        "done",
        None,
        None,
    )
    assert run_due(app, work.job(), NOW + HOUR) is None


def test_the_pause_of_a_broken_job_outlasts_short_intervals(app: Flask) -> None:
    work = Failing()
    at = NOW
    while at < NOW + timedelta(minutes=5):
        run_due(app, work.job(timedelta(seconds=10)), at)
        at += LOOK
    assert len(work.tried) <= 9
    assert runs()[-1].failing_since == NOW


def test_a_requested_run_does_not_wait_for_the_retry(app: Flask) -> None:
    work = Failing()
    run_due(app, work.job(), NOW)
    soon = NOW + timedelta(seconds=1)
    with writing() as session:
        asked = request_run(session, "failing", soon)
        assert request_run(session, "failing", soon + LOOK).id == asked.id
    with reading() as session:
        assert jobs_queries.due_again(session, soon) == {"failing"}
    work.mended = True
    done = run_due(app, work.job(), soon)
    assert done is not None
    assert (done.id, done.state) == (asked.id, "done")
    assert run_due(app, work.job(), soon + HOUR) is None


def test_the_run_of_a_dead_process_is_leased_again_after_its_lease_and_not_before(
    app: Flask,
) -> None:
    job = Job("note", DAY, note, lease=timedelta(minutes=3))
    with writing() as session:
        dead = lease_run(session, job, due_time(NOW, DAY), NOW)
    assert dead is not None
    assert run_due(app, job, NOW + timedelta(minutes=2)) is None
    taken = run_due(app, job, NOW + timedelta(minutes=3))
    assert taken is not None
    assert (taken.id, taken.state, taken.attempts, notes()) == (dead.run_id, "done", 2, 1)


def test_a_scheduler_that_has_lost_its_lease_records_nothing(app: Flask) -> None:
    job = Job("note", DAY, note, lease=timedelta(minutes=3))
    with writing() as session:
        slow = lease_run(session, job, due_time(NOW, DAY), NOW)
    assert slow is not None
    run_due(app, job, NOW + timedelta(minutes=3))
    with writing() as session:
        assert (
            jobs.record_result(session, slow, {"state": "failed", "error": "late", "due_at": NOW})
            is None
        )
    assert [run.state for run in runs()] == ["done"]


def test_the_next_due_time_does_not_wait_for_a_dead_process(app: Flask) -> None:
    job = Job("note", timedelta(seconds=10), note)
    with writing() as session:
        lease_run(session, job, due_time(NOW, job.every), NOW)
    assert run_due(app, job, NOW + timedelta(seconds=10)) is not None
    with reading() as session:
        assert jobs_queries.due_again(session, NOW + DAY) == set()


def test_the_last_successful_run_is_known(app: Flask) -> None:
    work = Failing()
    with reading() as session:
        assert jobs_queries.last_success_start(session, "failing", NOW) is None
    work.mended = True
    run_due(app, work.job(), NOW)
    work.mended = False
    run_due(app, work.job(), NOW + DAY)
    with reading() as session:
        assert jobs_queries.last_success_start(session, "failing", NOW + DAY) == NOW
