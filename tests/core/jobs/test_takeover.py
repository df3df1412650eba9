"""After a scheduler is killed during a job, another one does the job once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.world.jobs import DEADLINE, await_that, notes, runs
from zone.core.config import Settings

WORKER = Path(__file__).with_name("one_worker.py")


@contextmanager
def a_scheduler(settings: Settings, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path.cwd()),
        "ZONE_DATABASE_URL": settings.database,
        "ZONE_DATA_DIR": str(settings.data_dir),
        **more,
    }
    process = subprocess.Popen([sys.executable, str(WORKER)], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)


@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_another_scheduler_does_the_job_of_a_killed_one_once(
    app: Flask, settings: Settings
) -> None:
    with a_scheduler(settings, HANG="1") as doomed:
        await_that((settings.data_dir / "begun").exists)
        doomed.kill()
    assert [(run.state, run.attempts) for run in runs()] == [("running", 1)]
    with a_scheduler(settings), a_scheduler(settings):
        await_that(lambda: [run.state for run in runs()] == ["done"])
    assert [(run.state, run.attempts) for run in runs()] == [("done", 2)]
    assert notes() == 1
