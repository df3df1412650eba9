"""The command `zone`: everything an operator does from a shell."""

import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from zone.app import MIGRATIONS, create_app
from zone.config import Settings, SettingsError, load_settings, settings_in
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.db import db, writing
from zone.demo import command, example, reference
from zone.demo.bench import command as benches
from zone.http import logs, openapi
from zone.http.metrics import SHARED
from zone.jobs import loop
from zone.members import service as members
from zone.operation import archive, backup, doctor, restore, rotate, schema, units
from zone.operation.errors import OperationError, said_by_database
from zone.operation.findings import Finding
from zone.scheduler import JOBS

LOOPBACK: Final = "127.0.0.1"
DEMO_DATA: Final = Path("zone-data/demo")


@click.group()
@click.version_option(package_name="zone-campus-sports")
@click.option(
    "--env",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings, as systemd reads them.",
)
def zone(file: Path | None) -> None:
    """Zone runs campus sports: passes, doors, bookings, surveys, targets.

    Settings are ZONE_… environment variables; docs/settings.md lists them. --env reads them from a file.
    """
    if file is not None:
        os.environ.update(settings_in(file))


@zone.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with create_app(load_settings(os.environ)).app_context():
        before, after = schema.migrate(str(MIGRATIONS))
    click.echo(f"The schema is up to date at {after}" + (f" (before: {before})." if before != after else "."))


@zone.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on; put TLS in front of it.")
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes; about one for each core.")
@click.option("--threads", default=3, show_default=True, help="Threads in each: 2 × 2…4 beat 2 × 8 in the tail.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the web with gunicorn."""
    _must_be_ready(load_settings(os.environ))
    _must_be_free(host, port)
    command = [
        sys.executable, "-m", "gunicorn", "zone.app:serving()", "--worker-class", "gthread", "--no-control-socket",
        "--workers", str(workers), "--threads", str(threads), "--bind", f"{host}:{port}", "--keep-alive", "75",
        "--config", "python:zone.http.workers",
        "--reuse-port",  # from one common socket one worker took up to all of 40 connections: half the rate
    ]  # fmt: skip
    os.execve(sys.executable, command, _counting_together(os.environ))  # noqa: S606 -- gunicorn takes this process's place, signals and all


def _counting_together(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the workers share a folder for their counters: a fresh one, unless one is named."""
    folder = environ.get(SHARED) or tempfile.mkdtemp(prefix="zone-metrics-")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {**environ, SHARED: folder}


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
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}") from error


@zone.command()
@click.option("--script", is_flag=True, help="Play the main job without a person; exit 0 when every step passed.")
@click.option("--port", default=8000, show_default=True, help="0 picks a free one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder; default zone-data/demo.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="With --script: the pass as PNG.")
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False), help="Only take pictures of the main pages."
)
def demo(*, script: bool, port: int, data: Path | None, picture: Path | None, pictures: Path | None) -> None:
    """Start everything here with invented people and a simulated door."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if pictures is not None:
        sys.exit(command.take_pictures(pictures))
    if script:
        sys.exit(command.run_script(data=data, port=port, picture=picture))
    sys.exit(command.run(data=data or DEMO_DATA, port=port))


@zone.command()
@click.argument("names", nargs=-1, type=click.Choice(list(benches.BENCHES)))
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def bench(names: tuple[str, ...], *, as_json: bool) -> None:
    """Measure this machine: the door, intake, a booking rush, pages, a database that falls, the main job."""
    benches.run(names, as_json=as_json)


@zone.command()
@click.option("--example", "with_example", is_flag=True, help="Also the invented service of the demo.")
def seed(*, with_example: bool) -> None:
    """Load institutions, campuses, VAT rates and targets. Doing it again changes nothing."""
    settings, now = load_settings(os.environ), utc_now()
    with create_app(settings).app_context(), writing() as session:
        reference.load(session, now)
        if with_example:
            example.load(session, settings, now)
    click.echo("Seeded.")


@zone.command()
def scheduler() -> None:
    """Run the jobs: mail, classes, visits, no-shows, surveys, retention."""
    settings = load_settings(os.environ)
    logs.configure(settings)
    loop.run(create_app(settings), JOBS)


@zone.command("backup")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="Also secrets and issuer keys; never the keys of surveys.")
@click.option("--keep", type=click.IntRange(min=1), help="Afterwards delete all but the newest so many in the folder.")
@click.option("--verify", is_flag=True, help="Write nothing: read the backup PATH through and compare its hashes.")
def make_backup(path: Path, *, with_keys: bool, keep: int | None, verify: bool) -> None:
    """Write the whole database into one new file PATH (or into the folder PATH), while the service runs."""
    if verify:
        click.echo(_told(path, archive.verify(path)))
        return
    if keep is not None and not path.is_dir():
        raise OperationError(f"{path} is no folder: --keep needs one, which holds the earlier backups.")
    settings = load_settings(os.environ)
    with opened(settings):
        written, manifest = backup.back_up(db.engine, settings, path, with_keys=with_keys, now=utc_now())
    click.echo(_told(written, manifest))
    for gone in backup.keep_newest(path, keep) if keep is not None else ():
        click.echo(f"{gone}: deleted, {keep} newer ones are there.")


def _told(path: Path, manifest: archive.Manifest) -> str:
    size = sum(part.bytes for part in manifest.parts) / 1e6
    return (
        f"{path}: whole; {manifest.engine} at revision {manifest.revision} as of {manifest.made_at}, "
        f"{len(manifest.parts)} parts, {size:.1f} MB unpacked, by Zone {manifest.version}."
    )


@zone.command("restore")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", "replacing", is_flag=True, help="Put it in the place of a database that is not empty.")
@click.option("--yes", is_flag=True, help="Do not ask before replacing.")
def restore_backup(path: Path, *, replacing: bool, yes: bool) -> None:
    """Make the backup PATH the database. Stop web and scheduler first; doors go on by themselves."""
    settings = load_settings(os.environ)
    if replacing and not yes:
        click.confirm("This throws away everything that is in the database now. Go on?", abort=True)
    done = restore.restore(path, settings, opened, str(MIGRATIONS), replacing=replacing, now=utc_now())
    click.echo(
        f"Restored as of {done.manifest.made_at}. {done.signed_out} sessions ended: everybody signs in again. "
        f"{done.held_mails} mails that waited then are held back. Keys put back: {', '.join(done.keys) or 'none'}.\n"
        "Start web and scheduler: the bridges take a fresh roster and send again what they keep. "
        "Then run `zone doctor`, and go through docs/operation.md, “After a restore”."
    )


@zone.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def examine(*, as_json: bool) -> None:
    """Look at everything, say what is wrong and what to do; exit 0 when nothing fails. Changes nothing."""
    settings = load_settings(os.environ)
    failed = False
    with opened(settings):
        for finding in doctor.examine(settings, str(MIGRATIONS), JOBS, utc_now):
            failed |= finding.level == "fail"
            click.echo(json.dumps(asdict(finding)) if as_json else _line(finding))
    sys.exit(1 if failed else 0)


def _line(finding: Finding) -> str:
    return f"{finding.level:4}  {finding.check:10}  {finding.what}" + (
        f"\n      {finding.todo}" if finding.todo else ""
    )


@zone.command("rotate")
@click.argument("what", type=click.Choice(["secrets", "issuer"]))
@click.option("--drop-old", is_flag=True, help="Make nothing new: take away the old ones, once nothing needs them.")
@click.option("--at-once", is_flag=True, help="With --drop-old: do not wait, as after a theft.")
def rotate_keys(what: str, *, drop_old: bool, at_once: bool) -> None:
    """Make new secrets, or a new issuer of the passes in phones; the old ones still verify until they are dropped."""
    settings, now = load_settings(os.environ), utc_now()
    if drop_old:
        drop = rotate.drop_old_secrets if what == "secrets" else rotate.drop_old_issuers
        gone = drop(settings.keys, now, at_once=at_once)
        _note_keys(settings, "keys.dropped", gone)
        click.echo(f"Taken away: {', '.join(gone) or 'nothing was old'}.")
        return
    done = (rotate.rotate_secrets if what == "secrets" else rotate.rotate_issuer)(settings.keys, now)
    _note_keys(settings, "keys.rotated", done.made)
    click.echo(
        f"Made: {', '.join(done.made) or 'none was in use yet'}. From {done.drop_from:%Y-%m-%d %H:%M} UTC on, "
        f"run `zone rotate {what} --drop-old`."
    )


def _note_keys(settings: Settings, action: str, names: Iterable[str]) -> None:
    with opened(settings), writing() as session:
        for name in names:
            members.audit(session, actor_id=None, action=action, object_kind="key", object_id=name, now=utc_now())


@contextmanager
def opened(settings: Settings) -> Iterator[None]:
    """The application on the database of these settings, closed again afterwards."""
    with create_app(settings).app_context():
        try:
            yield
        finally:
            db.engine.dispose()


@zone.command("units")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def write_units(folder: Path) -> None:
    """Write the systemd units of this installation into a folder, such as /etc/systemd/system."""
    for path in units.write(folder):
        click.echo(path)


@zone.command("openapi")
def print_openapi() -> None:
    """Print the description of the API, OpenAPI 3.1."""
    click.echo(openapi.text_of(create_app(load_settings(os.environ))), nl=False)


@zone.group()
def admin() -> None:
    """Staff accounts."""


@admin.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.password_option()
def create_admin(email: str, name: str, password: str) -> None:
    """Make the first admin, or another one, with a password."""
    with create_app(load_settings(os.environ)).app_context(), writing() as session:
        members.create_admin(session, email=email, name=name, password=password, now=utc_now())
    click.echo(f"{email} is an admin.")


def main() -> None:
    """Run the command; what the operator can mend is one clear line and exit code 2."""
    try:
        zone(prog_name="zone")
    except (SettingsError, DomainError, schema.SchemaError, OperationError) as error:
        text = error.reasons[0].text("en", error.params) if isinstance(error, DomainError) else str(error)
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        text = (
            f"the database: {said_by_database(error)}. Look whether it runs, whether ZONE_DATABASE_URL is right, who "
            "owns its folder, what room is on its disk, and whether `zone migrate` was run."
        )
    except OSError as error:
        said = f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}"
        text = f"{said}. Look whether it is there, who may write it, and what room is on its disk."
    else:
        return
    click.echo(f"zone: {text}", err=True)
    sys.exit(2)
