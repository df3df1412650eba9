"""The command `zone`: everything an operator does from a shell."""

import os
import sys
from typing import Final

import click
from flask_migrate import upgrade

from zone.app import MIGRATIONS, create_app
from zone.config import SettingsError, load_settings

LOOPBACK: Final = "127.0.0.1"


@click.group()
@click.version_option(package_name="zone-campus-sports")
def zone() -> None:
    """Zone runs campus sports: passes, doors, bookings, surveys, targets.

    Settings are ZONE_… environment variables; docs/settings.md lists them.
    """


@zone.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with create_app(load_settings(os.environ)).app_context():
        upgrade(directory=str(MIGRATIONS))
    click.echo("The schema is up to date.")


@zone.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on; put TLS in front of it.")
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes; about one for each core.")
@click.option("--threads", default=3, show_default=True, help="Threads in each: 2 × 2…4 beat 2 × 8 in the tail.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the web with gunicorn."""
    load_settings(os.environ)  # an error here is clearer than in every worker
    command = [
        sys.executable, "-m", "gunicorn", "zone.app:serving()", "--worker-class", "gthread", "--no-control-socket",
        "--workers", str(workers), "--threads", str(threads), "--bind", f"{host}:{port}", "--keep-alive", "75",
    ]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606 -- gunicorn takes this process's place, signals and all


def main() -> None:
    """Run the command; a setting that cannot be read is one clear line and exit code 2."""
    try:
        zone(prog_name="zone")
    except SettingsError as error:
        click.echo(f"zone: {error}", err=True)
        sys.exit(2)
