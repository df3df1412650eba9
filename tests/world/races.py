"""Several at once: real threads, each with a connection of its own, let go together."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from flask import Flask
from sqlalchemy import text

from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.metrics import REGISTRY

T = TypeVar("T")
DEADLINE: Final = 60.0
"""Seconds for all to be there: a generous bound, never a wait."""


WAITING: Final = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def waits_for_a_lock() -> bool:
    """Return whether a transaction of this PostgreSQL database waits for a lock."""
    with reading() as session:
        return bool(session.scalar(WAITING))


def waits_to_write() -> bool:
    """Return whether a transaction waits for the write lock of SQLite."""
    return bool(REGISTRY.get_sample_value("zone_db_writers_waiting"))


def settled(thread: threading.Thread) -> None:
    """Wait until the thread has ended or waits for a lock."""
    waits = waits_to_write if db.engine.dialect.name == "sqlite" else waits_for_a_lock
    deadline = time.monotonic() + DEADLINE
    while thread.is_alive() and not waits():
        assert time.monotonic() < deadline, "it neither ends nor waits"
        thread.join(0.01)


class Meeting:
    """Where two transactions of PostgreSQL meet, unless one waits for a lock of the other."""

    def __init__(self) -> None:
        self._both = threading.Semaphore(0)
        self._first = threading.Lock()

    def come(self) -> None:
        """Wait until the other one has come too, or waits for a lock."""
        if not self._first.acquire(blocking=False):
            self._both.release()
            return
        deadline = time.monotonic() + DEADLINE
        while not self._both.acquire(timeout=0.01) and not waits_for_a_lock():
            assert time.monotonic() < deadline, "the other one neither comes nor waits"


def at_once(app: Flask, calls: Sequence[Callable[[], T]]) -> list[T]:
    """The answers of all the calls, which start together. What one raises is raised."""
    gate = threading.Barrier(len(calls), timeout=DEADLINE)

    def run(call: Callable[[], T]) -> T:
        with app.app_context():
            gate.wait()
            return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def outcomes(app: Flask, works: Sequence[Callable[[], object]]) -> Counter[str]:
    """How often each of the works, which start together, came to `done` or to the code of a
    refusal.
    """
    return Counter(at_once(app, [partial(_outcome, work) for work in works]))


def _outcome(work: Callable[[], object]) -> str:
    try:
        work()
    except DomainError as refusal:
        return refusal.code
    return "done"
