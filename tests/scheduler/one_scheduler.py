"""One scheduler as a process of its own: the service's jobs, and one that leaves a note every second."""

import os
from datetime import timedelta

from tests.scheduler.test_scheduler import note
from zone.config import load_settings
from zone.scheduler import JOBS, Job, run_scheduler

if __name__ == "__main__":
    run_scheduler(load_settings(os.environ), jobs=(*JOBS, Job("note", timedelta(seconds=1), note)))
