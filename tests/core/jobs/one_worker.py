"""A scheduler with one job, as a process. With HANG the job reports its start and never ends."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from tests.world.jobs import DAY, note
from zone.app import create_app
from zone.core.config import Settings, load_settings
from zone.core.jobs import loop
from zone.core.jobs.rules import Job


def work(settings: Settings, now: datetime) -> int:
    """Do the job at once, or hang."""
    if os.environ.get("HANG"):
        (Path(settings.data_dir) / "begun").touch()
        time.sleep(600)
    return note(settings, now)


if __name__ == "__main__":
    loop.run(
        create_app(load_settings(os.environ)), (Job("work", DAY, work, lease=timedelta(seconds=3)),)
    )
