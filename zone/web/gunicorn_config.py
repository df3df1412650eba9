"""Configuration of gunicorn for `zone serve`: log lines like ours, counters of all workers added
up.

Read by `--config python:zone.web.gunicorn_config`; the names are gunicorn's.
"""

import os
import shutil
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from zone.core.metrics import MULTIPROCESS_FOLDER
from zone.web.logs import GunicornLogger

logger_class = GunicornLogger


def child_exit(_server: Any, worker: Any) -> None:
    """Keep the counters of a worker that ended, and drop its gauges of work in progress."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # untyped in prometheus_client


def on_exit(_server: Any) -> None:
    """Remove the counters' files when the service stops."""
    shutil.rmtree(os.environ[MULTIPROCESS_FOLDER], ignore_errors=True)
