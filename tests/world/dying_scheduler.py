"""A scheduler that dies by `kill -9` between deleting sealed answers and storing the opened ones.

`python -m tests.world.dying_scheduler <address of the database> <folder of the service>`.
"""

import os
import signal
import sys
from pathlib import Path

from tests.world.surveys import minutes
from zone.app import create_app
from zone.core.config import Settings
from zone.feedback.answers import service
from zone.feedback.surveys import jobs


def die(_rows: object) -> object:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it is dead")


if __name__ == "__main__":
    settings = Settings(database_url=sys.argv[1], data_dir=Path(sys.argv[2]))
    service.shuffled = die  # type: ignore[assignment]  # the planted end
    with create_app(settings).app_context():
        jobs.open_batches(settings, minutes(1))
