"""Configuration of gunicorn for `zone serve`: its log lines like ours, and counters added up over all workers.

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
    """What a worker counted stays in the sums; what it was just doing does not."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # prometheus_client left it untyped


def on_exit(_server: Any) -> None:
    """The counters end with the service."""
    shutil.rmtree(os.environ[MULTIPROCESS_FOLDER], ignore_errors=True)
