"""`zone restore` and `zone drill`: a backup in the place of the database, or of none."""

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from zone.app import FEATURES, MIGRATIONS
from zone.cli.operating import opened, print_findings
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.core.errors import OperationError
from zone.operation.backups import archive
from zone.operation.backups import flows as backups_flows
from zone.operation.doctor import service as doctor
from zone.operation.doctor.findings import Finding


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--replace",
    "replacing",
    is_flag=True,
    help="Put it in the place of a database that is not empty; asks for the name of that database.",
)
@click.option("--target", help="The name of the database to replace, instead of being asked.")
def restore_backup(path: Path, *, replacing: bool, target: str | None) -> None:
    """Make the backup PATH the database. Stop web and scheduler first; doors go on by
    themselves."""
    settings = load_settings(os.environ)
    name = backups_flows.target_name(settings)
    click.echo(f"Restores {path} into {name}")
    if replacing:
        _confirm_target(name, target)
    done = backups_flows.restore(
        path, settings, opened, str(MIGRATIONS), replacing=replacing, now=utc_now()
    )
    click.echo(
        f"Restored as of {done.manifest.made_at}. {done.signed_out} sessions ended: everybody "
        f"signs in again. {done.held_mails} mails that waited then are held back. Keys put back: "
        f"{', '.join(done.keys) or 'none'}.\n"
        "Start web and scheduler: the bridges take a fresh roster and send again what they keep. "
        "Then run `zone doctor`, and go through docs/operation.md, “After a restore”."
    )


def _confirm_target(name: str, typed: str | None) -> None:
    # Not yes or no: the settings may come from another file than the one that was meant.
    if typed is None:
        question = "This throws away everything that is in it now. Type its name to go on"
        typed = click.prompt(question, default="", show_default=False)
    if typed != name:
        raise OperationError(f"{typed!r} is not {name}. Nothing was changed.")


@click.command("drill")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where there is room for the database; default the folder for temporary files.",
)
@click.option(
    "--database",
    "url",
    default="",
    help="For a backup of PostgreSQL: the URL of an empty database, which is emptied again.",
)
def drill(path: Path, folder: Path | None, url: str) -> None:
    """Restore the backup PATH beside the service, check it, and delete it again. Never touches
    the service's database."""
    live = load_settings(os.environ)
    with tempfile.TemporaryDirectory(prefix="zone-drill-", dir=folder) as scratch:
        settings = backups_flows.drill_settings(live, archive.verify(path), Path(scratch), url)
        backups_flows.check_drill_target(settings, opened)
        done = backups_flows.restore(
            path, settings, opened, str(MIGRATIONS), replacing=False, now=utc_now()
        )
        try:
            click.echo(f"Restored as of {done.manifest.made_at}, beside the service.")
            with opened(settings):
                failed = print_findings(_checked(settings))
        finally:
            backups_flows.clear_drill(settings, opened)
    sys.exit(1 if failed else 0)


def _checked(settings: Settings) -> Iterable[Finding]:
    invariants = [invariant for feature in FEATURES for invariant in feature.leaves.invariants]
    return doctor.examine_rows(settings, str(MIGRATIONS), invariants=invariants, clock=utc_now)
