"""`zone restore`: a backup becomes the database.

1. The archive is read through and compared with its hashes before anything is touched.
2. It goes into an empty database, or with `replace` takes the place of another, on the engine that it came from.
3. It is migrated to the schema of this version, and begins anew, as `begin_anew` says.
4. The bridges see a new epoch, take a fresh roster and send again every entry that they still keep.
"""

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
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import OperationError
from zone.core.mail import models as mail_models
from zone.core.mail.models import OutboxMail
from zone.core.secrets import write_new
from zone.members.sign_in import service as sign_in
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens.models import ApiToken
from zone.operation.backups import archive, postgres_copy, sqlite_copy
from zone.operation.backups.archive import Manifest
from zone.operation.backups.service import KEYS
from zone.operation.migrations import service as migrations_service

App = Callable[[Settings], AbstractContextManager[object]]
"""Opens the application on the database that the settings name: only who composes it can."""

NOT_EMPTY: Final = (
    "The database is not empty. To put the backup in its place, stop web and scheduler, make a backup of what is "
    "there, and run `zone restore --replace`. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. `held_mails` were waiting at the time of the backup and are not sent."""

    manifest: Manifest
    held_mails: int
    signed_out: int
    keys: tuple[str, ...]


def restore(
    path: Path, settings: Settings, app: App, migrations: str, *, replacing: bool, now: datetime
) -> Restored:
    """Make the backup the database.

    Raises:
        OperationError: the archive is damaged, of another engine or of a newer version, keys differ, or the
            database is not empty or in use. Nothing was changed.
    """
    _must_fit(archive.verify(path), settings, migrations)
    is_file = settings.database.startswith("sqlite")
    beside = _file_of(settings).parent if is_file else settings.data_dir
    with archive.scratch(beside) as folder:
        manifest = archive.unpack(path, folder)
        _keys_must_fit(manifest, folder, settings)
        into = _into_file if is_file else _into_server
        held, signed_out = into(manifest, folder, settings, app, migrations, replacing, now)
        keys = _put_keys(manifest, folder, settings)
    return Restored(manifest, held, signed_out, keys)


def _must_fit(manifest: Manifest, settings: Settings, migrations: str) -> None:
    engine = make_url(settings.database).get_backend_name()
    if manifest.engine != engine:
        raise OperationError(
            f"The backup is of {manifest.engine}, ZONE_DATABASE_URL names {engine}: restore it to {manifest.engine}."
        )
    if manifest.revision not in {
        script.revision for script in ScriptDirectory(migrations).walk_revisions()
    }:
        raise OperationError(
            f"The backup was made by Zone {manifest.version} at revision {manifest.revision}, which this version does "
            f"not know: install that version or a later one, then restore."
        )


def _file_of(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "").absolute()


def _into_file(
    manifest: Manifest,
    folder: Path,
    settings: Settings,
    app: App,
    migrations: str,
    replacing: bool,
    now: datetime,
) -> tuple[int, int]:
    """All is done to a file beside; then it takes the place, so that a power cut leaves the old or the new."""
    target, draft = _file_of(settings), folder / sqlite_copy.PART
    if sqlite_copy.holds_data(target) and not replacing:
        raise OperationError(NOT_EMPTY)
    sqlite_copy.check(draft)
    with app(replace(settings, database_url=f"sqlite:///{draft}")):
        migrations_service.migrate(migrations)
        with writing() as session:
            done = begin_anew(session, now)
    sqlite_copy.put_in_place(draft, target)
    return done


def _into_server(
    manifest: Manifest,
    folder: Path,
    settings: Settings,
    app: App,
    migrations: str,
    replacing: bool,
    now: datetime,
) -> tuple[int, int]:
    """After a failure in the middle the database is no service yet: restore again, replacing it."""
    with app(settings):
        if postgres_copy.holds_data(db.engine) and not replacing:
            raise OperationError(NOT_EMPTY)
        postgres_copy.clear(db.engine)
        upgrade(directory=migrations, revision=manifest.revision)
        with writing() as session:
            postgres_copy.load(session.connection(), manifest, folder)
        migrations_service.migrate(migrations)
        with writing() as session:
            return begin_anew(session, now)


def begin_anew(session: Session, now: datetime) -> tuple[int, int]:
    """What must not simply go on from a past state; how many mails were held back and sessions ended.

    Doors: a new epoch. Bridges sign on again, and nothing is concluded from whom they have not seen until they have
    told everything. Mails that waited may have been sent since, so they are not sent. Who had signed out, or was
    signed out after a loss, must not be signed in again, so everybody signs in anew; API tokens likewise.
    """
    roster.start_new_epoch(session)
    sign_in.void_codes(session, now)
    session.execute(update(ApiToken).where(ApiToken.revoked_at.is_(None)).values(revoked_at=now))
    held = update(OutboxMail).where(OutboxMail.state == "waiting")
    ids = session.scalars(
        held.values(state="late", done_at=now, **mail_models.ERASED).returning(OutboxMail.id)
    ).all()
    return len(ids), sign_in_sessions.end_every_session(session, now)


def _keys_must_fit(manifest: Manifest, folder: Path, settings: Settings) -> None:
    for part in manifest.named(KEYS):
        there = settings.keys / Path(part.name).name
        if there.exists() and there.read_bytes() != (folder / part.name).read_bytes():
            raise OperationError(
                f"{there} is another key than that of the backup: move the present keys to a safe place, then restore "
                "again. Nothing was changed."
            )


def _put_keys(manifest: Manifest, folder: Path, settings: Settings) -> tuple[str, ...]:
    put = []
    for part in manifest.named(KEYS):
        there = settings.keys / Path(part.name).name
        if not there.exists():
            write_new(there, (folder / part.name).read_bytes())
            put.append(there.name)
    return tuple(put)
