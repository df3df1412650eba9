"""A web process answers everybody within seconds, however many come and whoever sends nothing."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import pytest
from flask import Flask
from gunicorn.workers.gthread import ThreadWorker

from tests.world.slow_pages import LONGEST_WAIT, PATH, TAKES
from zone.core import waiting_requests
from zone.core.config import Settings
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.web.web_worker import WebWorker

pytestmark = [pytest.mark.slow, pytest.mark.own_database, pytest.mark.engines("sqlite")]

OURS = "zone.web.web_worker.WebWorker"
SILENT = 4
CROWD = 20
BUSY_MACHINE = 4.0
"""Seconds that other programs of this machine may take; gunicorn's own worker takes 5 and more."""


@contextmanager
def served(settings: Settings, worker: str = OURS, *options: str) -> Iterator[int]:
    """Serve with one process of two threads; yield the port."""
    port = free_port()
    command = python(
        "-m",
        "gunicorn",
        "tests.world.slow_pages:create()",
        "--worker-class",
        worker,
        "--no-control-socket",
        "--threads",
        "2",
        "--keep-alive",
        "75",
        "--pythonpath",
        ".",
        "--bind",
        f"127.0.0.1:{port}",
        *options,
    )
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    web = Process("web", command, log=settings.data_dir / "web.log", env=env)
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/healthz"), READY_SECONDS)
        yield port
    finally:
        web.stop()


class Answer(NamedTuple):
    """The answer to a request; status 0: there was none."""

    status: int
    seconds: float
    retry_after: str | None = None
    text: str = ""


def ask(port: int, path: str) -> Answer:
    """Return the answer to one request."""
    begun = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, time.monotonic() - begun, answer.headers["Retry-After"], text)
    except (OSError, HTTPException):
        return Answer(0, time.monotonic() - begun)
    finally:
        connection.close()


def check_silent_connections_hold_nobody_up(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        time.sleep(0.3)
        status, seconds, *_ = ask(port, "/healthz")
    assert status == 200
    assert seconds < BUSY_MACHINE


@pytest.mark.thorough
def test_who_connects_and_sends_nothing_holds_nobody_up(app: Flask, settings: Settings) -> None:
    with served(settings) as port:
        check_silent_connections_hold_nobody_up(port)


@pytest.mark.thorough
@pytest.mark.planted_fault("a thread waits for the first byte, as in gunicorn's own worker")
def test_a_thread_for_each_silent_connection_fails_the_check(
    app: Flask, settings: Settings
) -> None:
    with served(settings, "gthread") as port, pytest.raises(AssertionError):
        check_silent_connections_hold_nobody_up(port)


def check_a_crowd_is_answered(port: int) -> None:
    """Check that of many at once some are served, and the others told in time to come back."""
    found: list[Answer] = []
    threads = [threading.Thread(target=lambda: found.append(ask(port, PATH))) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = Counter(one.status for one in found)
    assert set(statuses) == {200, 503}
    assert all(one.retry_after is not None for one in found if one.status == 503)
    # Two at a time would all be served after five seconds.
    longest = max(one.seconds for one in found if one.status == 503)
    assert longest < CROWD / 2 * TAKES, statuses
    assert statuses[200] >= 2 * LONGEST_WAIT / TAKES
    # While they waited each page could see it; now nobody waits.
    assert max(int(one.text) for one in found if one.status == 200) > 0
    assert ask(port, PATH).text == "0"


def test_a_crowd_is_answered_within_seconds(app: Flask, settings: Settings) -> None:
    with served(settings) as port:
        check_a_crowd_is_answered(port)


@pytest.mark.thorough
@pytest.mark.planted_fault("nobody knows how long a request has waited, as in gunicorn's worker")
def test_a_worker_that_lets_all_wait_fails_the_check(app: Flask, settings: Settings) -> None:
    with served(settings, "gthread") as port, pytest.raises(AssertionError):
        check_a_crowd_is_answered(port)


def test_idle_browsers_make_room_for_others(app: Flask, settings: Settings) -> None:
    with served(settings, OURS, "--worker-connections", "6") as port, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        status, seconds, *_ = ask(port, "/healthz")
        assert status == 200
        assert seconds < 10  # not the 75 s for which an idle connection is kept


def test_a_worker_notes_that_its_threads_answer_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_requests, "_serves", False)
    monkeypatch.setattr(ThreadWorker, "init_process", lambda worker: None)
    WebWorker.init_process(object.__new__(WebWorker))
    assert waiting_requests.serves_requests()
