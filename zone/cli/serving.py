"""`zone serve`."""

import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from zone.core.config import Settings, load_settings
from zone.core.metrics import MULTIPROCESS_FOLDER
from zone.web import logs

LOOPBACK: Final = "127.0.0.1"


@click.command()
@click.option(
    "--host",
    default=LOOPBACK,
    show_default=True,
    help="Address to listen on; put TLS in front of it.",
)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes; about one for each core.")
@click.option(
    "--threads",
    default=3,
    show_default=True,
    help="Threads in each: 2 × 2…4 beat 2 × 8 in the tail.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the web with gunicorn."""
    _must_be_ready(load_settings(os.environ))
    _must_be_free(host, port)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "zone.app:serving()",
        "--worker-class",
        "zone.web.web_worker.WebWorker",
        "--no-control-socket",
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--bind",
        f"{host}:{port}",
        "--keep-alive",
        "75",
        "--config",
        "python:zone.web.gunicorn_config",
        # With one shared socket a single worker took up to all of 40 connections: half the rate.
        "--reuse-port",
    ]
    os.execve(sys.executable, command, _with_counter_folder(os.environ))  # noqa: S606 -- gunicorn replaces this process, so it gets its signals


def _with_counter_folder(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with a folder for the workers' counters: the one set, or a new one."""
    folder = environ.get(MULTIPROCESS_FOLDER) or tempfile.mkdtemp(prefix="zone-metrics-")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {**environ, MULTIPROCESS_FOLDER: folder}


def _must_be_ready(settings: Settings) -> None:
    """Raise for settings or folders with which every worker would fail."""
    logs.formatter(settings.log_format)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in filter(Path.is_dir, (settings.data_dir, settings.keys)):
        with tempfile.TemporaryFile(dir=folder):
            pass  # the folder can be written


def _must_be_free(host: str, port: int) -> None:
    """Raise where another program listens on the address."""
    # With --reuse-port the kernel would not refuse: it would share the port with that program.
    try:
        socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}") from error
