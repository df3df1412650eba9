"""`zone serve`, `scheduler` and `openapi`: what runs, and how it is spoken to."""

import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from zone.app import create_app
from zone.core.config import Settings, load_settings
from zone.core.jobs import loop
from zone.core.metrics import MULTIPROCESS_FOLDER
from zone.scheduler import JOBS
from zone.web import logs, openapi

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
        "gthread",
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
        "--reuse-port",  # from one common socket one worker took up to all of 40 connections: half the rate
    ]
    os.execve(sys.executable, command, _counting_together(os.environ))  # noqa: S606 -- gunicorn takes this process's place, signals and all


def _counting_together(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the workers share a folder for their counters: a fresh one, unless one is named."""
    folder = environ.get(MULTIPROCESS_FOLDER) or tempfile.mkdtemp(prefix="zone-metrics-")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {**environ, MULTIPROCESS_FOLDER: folder}


def _must_be_ready(settings: Settings) -> None:
    """Start nothing that can only fail: an error here is clearer than in every worker."""
    logs.formatter(settings.log_format)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in filter(Path.is_dir, (settings.data_dir, settings.keys)):
        with tempfile.TemporaryFile(dir=folder):
            """It may be written."""


def _must_be_free(host: str, port: int) -> None:
    """Refuse an address that somebody serves: workers that share their port would share it with strangers too."""
    try:
        socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}") from error


@click.command()
def scheduler() -> None:
    """Run the jobs: mail, classes, visits, no-shows, surveys, retention."""
    settings = load_settings(os.environ)
    logs.configure(settings)
    loop.run(create_app(settings), JOBS)


@click.command("openapi")
def print_openapi() -> None:
    """Print the description of the API, OpenAPI 3.1."""
    click.echo(openapi.text_of(create_app(load_settings(os.environ))), nl=False)
