"""The command `zone` with its subcommands."""

import atexit
import gc
import os
import sqlite3
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from zone.core.config import SettingsError, settings_in
from zone.core.errors import DomainError, OperationError
from zone.core.safe_error import SafeError, describe_database_error

COMMANDS: Final = {
    "admin": ("operating", "admin"),
    "alert": ("operating", "alert_operator"),
    "backup": ("operating", "make_backup"),
    "bench": ("trying", "bench"),
    "demo": ("trying", "demo"),
    "doctor": ("operating", "examine"),
    "drill": ("restoring", "drill"),
    "lottery": ("recomputing", "recompute_lottery"),
    "migrate": ("operating", "migrate"),
    "openapi": ("scheduling", "print_openapi"),
    "restore": ("restoring", "restore_backup"),
    "rotate": ("operating", "rotate_keys"),
    "scheduler": ("scheduling", "scheduler"),
    "seed": ("trying", "seed"),
    "serve": ("serving", "serve"),
    "takeover": ("taking_over", "take_over"),
    "units": ("operating", "write_units"),
}
"""The module of `zone.cli` and the function of each command."""


class Commands(click.Group):
    """The commands, each imported when it is called."""

    # `zone serve` itself needs little of the product: its workers import the rest. Importing all of
    # it here took 0.8 s of CPU before the first of them started.

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None where there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"zone.cli.{module}"), function)
        return command


@click.group(cls=Commands)
@click.version_option(package_name="zone-campus-sports")
@click.option(
    "--env",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings, as systemd reads them.",
)
def zone(file: Path | None) -> None:
    """Zone runs campus sports: passes, doors, bookings, surveys, targets.

    Settings are ZONE_… environment variables; docs/settings.md lists them. --env reads them from a
    file, and refuses to run where the environment says something else.
    """
    if file is not None:
        given = settings_in(file)
        _refuse_conflicts(given, file)
        os.environ.update(given)


def _refuse_conflicts(given: Mapping[str, str], file: Path) -> None:
    """Refuse settings that the environment has too, with other values.

    Raises:
        SettingsError: either could be meant, and a restore into the wrong one loses a database.
    """
    conflicts = [name for name, value in given.items() if os.environ.get(name, value) != value]
    if conflicts:
        raise SettingsError(
            f"{', '.join(sorted(conflicts))}: the environment and {file} differ. Unset it, or "
            "leave --env out. Nothing was done."
        )


def main() -> None:
    """Run the command; an error that the operator can mend is one line and exit code 2."""
    # At its end Python would walk all that was imported once more, to free what the system frees
    # anyway: 0.35 s of the 1.5 s that a short command takes.
    atexit.register(gc.freeze)
    try:
        zone(prog_name="zone")
    except (SettingsError, DomainError, SafeError, OperationError) as error:
        text = (
            error.reasons[0].text("en", error.params)
            if isinstance(error, DomainError)
            else str(error)
        )
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        text = (
            f"the database: {describe_database_error(error)}. Look whether it runs, whether "
            "ZONE_DATABASE_URL is right, who owns its folder, what room is on its disk, and "
            "whether `zone migrate` was run."
        )
    except OSError as error:
        what = f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}"
        text = f"{what}. Look whether it is there, who may write it, and what room is on its disk."
    else:
        return
    click.echo(f"zone: {text}", err=True)
    sys.exit(2)
