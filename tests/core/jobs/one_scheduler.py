"""A scheduler as a process: the product's jobs, a note every second, and a job of its own."""

import os
from datetime import timedelta

from tests.world.jobs import note
from zone.app import create_app
from zone.core.config import load_settings
from zone.core.jobs import loop
from zone.core.jobs.rules import Job
from zone.scheduler import JOBS

if __name__ == "__main__":
    own = (
        Job("note", timedelta(seconds=1), note),
        Job(f"own.{os.getpid()}", timedelta(days=1), lambda *_: 0),
    )
    loop.run(create_app(load_settings(os.environ)), (*JOBS, *own))
