"""`zone restore`: put a backup in the place of the database.

1. Read the whole archive and compare it with its hashes, before anything is changed.
2. Load it into an empty database, or with `replace` into another's place, on the same engine.
3. Migrate it to the schema of this version, and reset what `reset_after_restore` names.
4. The bridges see a new epoch, take a fresh roster and send again every entry that they still have.
"""

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import make_url, update
from sqlalchemy.orm import Session

from zone.access.roster import service as roster
from zone.booking.calendar_feeds import service as calendar_feeds
from zone.core.config import Settings, SettingsError, load_settings, sqlite_url
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import OperationError
from zone.core.mail import models as mail_models
from zone.core.mail.models import OutboxMail
from zone.core.secrets import write_new
from zone.members.email_changes import service as email_changes
from zone.members.sign_in import service as sign_in
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens import service as tokens
from zone.operation.backups import archive, postgres_copy, sqlite_copy
from zone.operation.backups.archive import Manifest
from zone.operation.backups.service import KEYS
from zone.operation.migrations import flows as migrations_flows
from zone.operation.migrations import service as migrations_service
from zone.operation.migrations.service import named_database
from zone.passes.numbering.service import begin_after_restore

App = Callable[[Settings], AbstractContextManager[object]]
"""Opens the application on the database of these settings; only the composition can do that."""

NOT_EMPTY: Final = (
    "The database is not empty. To put the backup in its place, stop web and scheduler, make a "
    "backup of what is there, and run `zone restore --replace`. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Restored:
    """The result; `held_mails` were waiting at the time of the backup and are not sent."""

    manifest: Manifest
    held_mails: int
    signed_out: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """The database to restore into; `migrations` is the folder of the migration scripts."""

    settings: Settings
    app: App
    migrations: str
    replacing: bool


def restore(
    path: Path, settings: Settings, app: App, migrations: str, *, replacing: bool, now: datetime
) -> Restored:
    """Put the backup in the place of the database.

    Raises:
        OperationError: the archive is damaged, of another engine or of a newer version, keys
            differ, or the database is not empty or in use. Nothing was changed.
    """
    _check_engine_and_revision(archive.verify(path), settings, migrations)
    is_file = settings.database.startswith("sqlite")
    parent = _file_of(settings).parent if is_file else settings.data_dir
    with archive.scratch(parent) as folder:
        manifest = archive.unpack(path, folder)
        # Keys are compared before the load and stored after it: what refuses has changed nothing.
        _check_keys(manifest, folder, settings)
        target = RestoreTarget(settings, app, migrations, replacing)
        load = _load_file if is_file else _load_server
        held_mails, signed_out = load(target, manifest, folder, now)
        keys = _put_keys(manifest, folder, settings)
    return Restored(manifest, held_mails, signed_out, keys)


def target_name(settings: Settings) -> str:
    """Return the name of the database that a restore writes to, without its password."""
    if settings.database.startswith("sqlite"):
        return str(_file_of(settings))
    return str(named_database(migrations_service.as_owner(settings).database))


def drill_settings(live: Settings, manifest: Manifest, folder: Path, url: str) -> Settings:
    """Return settings that share no database, folder or key with those of the service.

    `folder` is empty; `url` names an empty database where the backup is of PostgreSQL.

    Raises:
        OperationError: `url` is none, names the service's database, or does not fit the backup.
    """
    try:
        load_settings({"ZONE_DATABASE_URL": url})
    except SettingsError as error:
        raise OperationError("--database is no postgresql+psycopg://user@host/name.") from error
    settings = Settings(data_dir=folder, database_url=url, door_event_days=live.door_event_days)
    if (manifest.engine == "sqlite") == bool(url):
        raise OperationError(
            f"The backup is of {manifest.engine}. "
            + (
                "Leave --database out."
                if url
                else "Make an empty database, and name it with --database postgresql+psycopg://…"
            )
        )
    # The service and the owner of its tables may write its address in two ways.
    if target_name(settings) in {
        target_name(replace(live, owner_database_url="")),
        target_name(live),
    }:
        raise OperationError(
            f"{target_name(live)} is the service's own database: make another one for the drill."
        )
    return settings


def check_drill_target(settings: Settings, app: App) -> None:
    """Check that nobody needs the database of a drill.

    Raises:
        OperationError: it holds something, or others use it.
    """
    # Not the refusals of a restore: those say how to replace what is there.
    if settings.database.startswith("sqlite"):
        return
    with app(settings):
        others = postgres_copy.count_other_clients(db.engine)
        if others or postgres_copy.holds_data(db.engine):
            why = f"is used by {others} others" if others else "is not empty"
            raise OperationError(
                f"{target_name(settings)} {why}: make an empty database for the drill, and name "
                "that. Nothing was changed."
            )


def clear_drill(settings: Settings, app: App) -> None:
    """Empty the database of a drill; the folder goes with it."""
    if not settings.database.startswith("sqlite"):
        with app(settings):
            postgres_copy.clear(db.engine)


def _check_engine_and_revision(manifest: Manifest, settings: Settings, migrations: str) -> None:
    engine = make_url(settings.database).get_backend_name()
    if manifest.engine != engine:
        raise OperationError(
            f"The backup is of {manifest.engine}, ZONE_DATABASE_URL names {engine}: "
            f"restore it to {manifest.engine}."
        )
    if manifest.revision not in {
        script.revision for script in ScriptDirectory(migrations).walk_revisions()
    }:
        raise OperationError(
            f"The backup was made by Zone {manifest.version} at revision {manifest.revision}, "
            f"which this version does not know: install that version or a later one, then restore."
        )


def _file_of(settings: Settings) -> Path:
    """Return the file of the database itself, where its path is a link.

    Raises:
        OperationError: the link leads back to itself.
    """
    # SQLite keeps its log beside the file, and a link that were replaced would leave all personal
    # data where it leads.
    path = Path(make_url(settings.database).database or "")
    # The system is asked: `resolve` says nothing of such a link from Python 3.13 on.
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OperationError(
                f"{path} is a link to itself, or to one that leads back: look with `ls -l`, and "
                "remove it. Nothing was changed."
            ) from error
    return path.resolve()


def _load_file(
    target: RestoreTarget, manifest: Manifest, folder: Path, now: datetime
) -> tuple[int, int]:
    path, draft = _file_of(target.settings), folder / sqlite_copy.PART
    if sqlite_copy.holds_data(path) and not target.replacing:
        raise OperationError(NOT_EMPTY)
    sqlite_copy.check(draft)
    # All work is done on the draft; then it takes the place, so that a power cut leaves the old
    # database or the new one.
    with target.app(replace(target.settings, database_url=sqlite_url(draft))):
        migrations_flows.migrate(target.migrations)
        with writing() as session:
            counts = reset_after_restore(session, now)
    sqlite_copy.put_in_place(draft, path)
    return counts


def _load_server(
    target: RestoreTarget, manifest: Manifest, folder: Path, now: datetime
) -> tuple[int, int]:
    role = migrations_service.application_role(target.settings)
    with target.app(migrations_service.as_owner(target.settings)):
        migrations_service.check_owner()
        if postgres_copy.holds_data(db.engine) and not target.replacing:
            raise OperationError(NOT_EMPTY)
        # Not one transaction: after a failure from here on the database has to be restored again.
        postgres_copy.clear(db.engine)
        # The schema of the backup, whose columns the parts have; then the migrations since.
        upgrade(directory=target.migrations, revision=manifest.revision)
        with writing() as session:
            postgres_copy.load(session.connection(), manifest, folder)
        migrations_flows.migrate(target.migrations, role)
        with writing() as session:
            return reset_after_restore(session, now)


def reset_after_restore(session: Session, now: datetime) -> tuple[int, int]:
    """Reset what must not go on from a past state; return how many mails and sessions ended."""
    # Bridges take a fresh roster, and no-shows are not settled until they have sent their entries.
    roster.start_new_epoch(session)
    # Receipts of the lost numbers are with their buyers: nobody else may get one with the same.
    begin_after_restore(session, now)
    # A session or token of the past may have been ended since, for example after a theft.
    sign_in.void_codes(session, now)
    email_changes.void_changes(session, now)
    tokens.revoke_every_token(session, now)
    calendar_feeds.end_every_feed(session)
    # A mail that waited at the time of the backup may have been sent since.
    hold_back = update(OutboxMail).where(OutboxMail.state == "waiting")
    ids = session.scalars(
        hold_back.values(state="late", done_at=now, **mail_models.ERASED).returning(OutboxMail.id)
    ).all()
    return len(ids), sign_in_sessions.end_every_session(session, now)


def _check_keys(manifest: Manifest, folder: Path, settings: Settings) -> None:
    for part in manifest.parts_in(KEYS):
        path = settings.keys / Path(part.name).name
        if path.exists() and path.read_bytes() != (folder / part.name).read_bytes():
            raise OperationError(
                f"{path} is another key than that of the backup: move the present keys to a safe "
                "place, then restore again. Nothing was changed."
            )


def _put_keys(manifest: Manifest, folder: Path, settings: Settings) -> tuple[str, ...]:
    restored = []
    for part in manifest.parts_in(KEYS):
        path = settings.keys / Path(part.name).name
        if not path.exists():
            write_new(path, (folder / part.name).read_bytes())
            restored.append(path.name)
    return tuple(restored)
