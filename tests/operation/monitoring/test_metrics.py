"""`/metrics`: for this machine or with the token, summed over workers, without personal data."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from tests.core.mail.test_delivery import post
from tests.world.jobs import DEADLINE, NOW, Failing, await_that
from tests.world.site import build
from zone.access.bridges.models import Bridge
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.jobs.rules import Job
from zone.core.jobs.runner import run_due
from zone.demo.machine.processes import answers, environment, free_port
from zone.operation.monitoring import pages as monitoring_pages

TOKEN = "a-token-of-the-tests"
MARK = "zzcounted"  # of no other test: all tests of a process share its counters
DOCUMENT = Path("docs/monitoring.md")


def families(text: str) -> dict[str, Metric]:
    """Return the metrics as a Prometheus server reads them."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, sample: str, **labels: str) -> float:
    """Return one metric; 0 where it is missing."""
    found = [
        one.value
        for family in families(text).values()
        for one in family.samples
        if one.name == sample and labels.items() <= one.labels.items()
    ]
    return sum(found)


def test_every_metric_has_a_help_text(client: FlaskClient) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = families(answer.text)
    assert all(family.documentation for family in found.values())
    assert {
        "zone_http_requests",
        "zone_http_request_seconds",
        "zone_db_writers_waiting",
        "zone_db_size_bytes",
        "zone_outbox_mails",
        "zone_outbox_oldest_seconds",
        "zone_job_failing",
        "zone_bridge_backlog",
        "zone_entries_last_hour",
        "zone_bookings_ahead",
        "zone_queue_waiting",
    } <= set(found)
    assert value(answer.text, "zone_db_size_bytes") > 100_000


def test_requests_are_counted_by_rule_method_and_status(client: FlaskClient) -> None:
    labels = {"method": "GET", "route": "/receipts/<number>", "status": "401"}
    before = value(client.get("/metrics").text, "zone_http_requests_total", **labels)
    for number in (1, 2, 3):
        client.get(f"/receipts/{MARK}-{number}")
    said = client.get("/metrics").text
    assert value(said, "zone_http_requests_total", **labels) == before + 3
    assert value(said, "zone_http_request_seconds_count", route="/receipts/<number>") >= 3
    assert MARK not in said


def test_unknown_paths_make_no_new_series(client: FlaskClient) -> None:
    client.get("/metrics")
    before = _series(client)
    for n in range(20):
        client.open(f"/none/{MARK}{n}?q={n}", method=f"{MARK.upper()}{n}")
    client.get(f"/none/{MARK}")
    assert _series(client) - before <= 40, "one rule, one method, and its buckets"


def _series(client: FlaskClient) -> int:
    return sum(len(family.samples) for family in families(client.get("/metrics").text).values())


def test_mails_and_jobs_have_metrics(app: Flask, client: FlaskClient) -> None:
    post("someone@example.org")
    run_due(app, Job("access.settle", Failing().job().every, Failing()), utc_now())
    said = client.get("/metrics").text
    assert value(said, "zone_outbox_mails", state="waiting") == 1
    assert value(said, "zone_outbox_oldest_seconds") == pytest.approx(
        (utc_now() - NOW).total_seconds(), rel=1
    )
    assert value(said, "zone_job_failing", job="access.settle") == 1
    assert value(said, "zone_job_failing", job="access.tidy") == 0
    assert "someone" not in said


def asked(app: Flask, address: str, **headers: str) -> int:
    return (
        app.test_client()
        .get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
        .status_code
    )


def check_closed_to_others(app: Flask) -> None:
    """The property: neither another machine nor a proxy on this one may read them."""
    assert asked(app, "192.0.2.7") == 403
    assert asked(app, "127.0.0.1", **{"X-Forwarded-For": "192.0.2.7"}) == 403
    assert asked(app, "192.0.2.7", Authorization="Bearer ") == 403
    assert asked(app, "192.0.2.7", Authorization="Bearer wrong") == 403


def test_metrics_are_for_this_machine_only(app: Flask) -> None:
    assert asked(app, "127.0.0.1") == asked(app, "::1") == 200
    check_closed_to_others(app)


@pytest.mark.planted_fault("/metrics is open to everybody")
def test_metrics_that_are_open_to_everybody_fail_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring_pages, "may_read", lambda request, settings: True)
    with pytest.raises(AssertionError):
        check_closed_to_others(app)


def test_the_token_opens_metrics_to_another_machine(settings: Settings) -> None:
    app = create_app(replace(settings, metrics_token=TOKEN))
    assert asked(app, "192.0.2.7", Authorization=f"Bearer {TOKEN}") == 200
    check_closed_to_others(app)
    with app.app_context():
        db.engine.dispose()


@contextmanager
def two_workers(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """Start `zone serve` with two processes, and yield its address."""
    port = free_port()
    variables = environment(
        {"ZONE_DATABASE_URL": settings.database, "ZONE_DATA_DIR": str(settings.data_dir)}
    )
    command = [sys.executable, "-m", "zone", "serve", "--port", str(port), "--workers", "2"]
    with (tmp_path / "web.log").open("wb") as out:
        served = subprocess.Popen(
            command, env=variables | {"TMPDIR": str(tmp_path)}, stdout=out, stderr=out
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await_that(lambda: answers(f"{url}/healthz"))
        await_that(lambda: told(tmp_path).count("Booting worker") == 2)
        yield url
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(DEADLINE)


def told(tmp_path: Path) -> str:
    return (tmp_path / "web.log").read_text()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own loopback address
        return str(answer.read().decode())


def counted(url: str) -> float:
    return value(read(f"{url}/metrics"), "zone_http_requests_total", route="/readyz", status="200")


def check_counts_add_up(url: str) -> None:
    """The property: every worker reports the requests of all workers."""
    for _ in range(40):
        read(f"{url}/readyz")
    assert {counted(url) for _ in range(20)} == {40.0}


# The workers' counters have nothing to do with the engine.
@pytest.mark.engines("sqlite")
@pytest.mark.slow
@pytest.mark.own_database
def test_the_counts_of_two_workers_add_up(settings: Settings, tmp_path: Path) -> None:
    with two_workers(settings, tmp_path) as url:
        check_counts_add_up(url)
        [folder] = tmp_path.glob("zone-metrics-*")
        assert len(list(folder.glob("counter_*.db"))) == 2, "both have counted"
    assert not folder.exists(), "the counters end with the service"
    lines = [line for line in told(tmp_path).splitlines() if not line.startswith("{")]
    assert lines == [], "gunicorn's lines are like ours"


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.own_database
@pytest.mark.planted_fault("a worker reports only its own requests")
def test_a_worker_that_reports_only_its_own_requests_fails_the_check(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: each worker has a folder of its own."""
    port, began = free_port(), time.monotonic()
    variables = environment(
        {"ZONE_DATABASE_URL": settings.database, "ZONE_DATA_DIR": str(settings.data_dir)}
    )
    variables.pop("PROMETHEUS_MULTIPROC_DIR", None)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "zone.app:serving()",
        "--worker-class",
        "gthread",
        "--no-control-socket",
        "--workers",
        "2",
        "--threads",
        "1",
        "--bind",
        f"127.0.0.1:{port}",
        "--reuse-port",
    ]
    with (tmp_path / "web.log").open("wb") as out:
        served = subprocess.Popen(command, env=variables, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        await_that(lambda: answers(f"{url}/healthz"))
        await_that(
            lambda: told(tmp_path).count("zone.request") >= 3 or time.monotonic() - began > 5
        )
        with pytest.raises(AssertionError):
            check_counts_add_up(url)
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(DEADLINE)


def test_the_documented_metrics_are_all_metrics(app: Flask, client: FlaskClient) -> None:
    """Includes metrics that exist only with doors and jobs."""
    run_due(app, Job("access.tidy", Failing().job().every, lambda *_: 0), utc_now())
    with writing() as session:
        build(session)
        session.execute(update(Bridge).values(enrolled_at=NOW, seen_at=NOW))
    told_of = {
        line.split("`")[1].removesuffix("_total")
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith("| `zone_")
    }
    assert told_of == set(families(client.get("/metrics").text))
