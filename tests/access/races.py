"""Two at once: real threads, each with a connection of its own, let go together."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

T = TypeVar("T")


def at_once(app: Flask, calls: Sequence[Callable[[], T]]) -> list[T]:
    """The answers of all the calls, which start together. What one raises is raised."""
    gate = threading.Barrier(len(calls), timeout=10)

    def run(call: Callable[[], T]) -> T:
        with app.app_context():
            gate.wait()
            return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
