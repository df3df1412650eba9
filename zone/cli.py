"""The command `zone`: everything an operator does from a shell."""

import os
import sys

import click

from zone.app import MIGRATIONS, create_app
from zone.config import SettingsError, load_settings


@click.group()
@click.version_option(package_name="zone-campus-sports")
def zone() -> None:
    """Zone runs campus sports: passes, doors, bookings, surveys, targets."""


@zone.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from_environment()
    click.echo(f"schema is up to date ({MIGRATIONS})")


def from_environment() -> None:
    create_app(load_settings(os.environ))


def main() -> None:
    """Run the command; a setting that cannot be read is one clear line and exit code 2."""
    try:
        zone(prog_name="zone")
    except SettingsError as error:
        click.echo(f"zone: {error}", err=True)
        sys.exit(2)
