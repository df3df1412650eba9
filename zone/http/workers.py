"""How gunicorn runs the web workers of `zone serve`: its lines like ours, and counters that add up over all of them.

Read by `--config python:zone.http.workers`; the names are gunicorn's.
"""

import os
import shutil
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from zone.http.logs import GunicornLines
from zone.http.metrics import SHARED

logger_class = GunicornLines


def child_exit(_server: Any, worker: Any) -> None:
    """What a worker counted stays in the sums; what it was just doing does not."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # prometheus_client left it untyped


def on_exit(_server: Any) -> None:
    """The counters end with the service."""
    shutil.rmtree(os.environ[SHARED], ignore_errors=True)
