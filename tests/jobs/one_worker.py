"""A scheduler with one job, as a process of its own. With HANG it says that it has begun, and never ends."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from tests.jobs.works import DAY, note
from zone.app import create_app
from zone.config import Settings, load_settings
from zone.jobs import loop
from zone.jobs.service import Job


def work(settings: Settings, now: datetime) -> int:
    """The job: done at once, or never."""
    if os.environ.get("HANG"):
        (Path(settings.data_dir) / "begun").touch()
        time.sleep(600)
    return note(settings, now)


if __name__ == "__main__":
    loop.run(create_app(load_settings(os.environ)), (Job("work", DAY, work, lease=timedelta(seconds=3)),))
