"""Checks of where Zone's data lie: folders and disks, backups, the database and its schema."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from zone.members.people import queries as people_queries
from zone.operation.backups.service import has_backup_after, newest_backup
from zone.operation.doctor.findings import CheckContext, Finding, fail, ok, warn
from zone.operation.migrations import service as migrations

LITTLE_SPACE: Final = 1_000_000_000
NO_SPACE: Final = 100_000_000
"""Free bytes on a disk of the service below which the check warns, and fails."""
BACKUP_IS_LATE: Final = timedelta(hours=26)
BACKUP_IS_MISSING: Final = timedelta(hours=50)
"""A backup is made every night: one night was missed, or two."""
AHEAD: Final = timedelta(minutes=5)
"""A backup made by another machine may be dated a little after this one's time."""
FIRST_POSTGRES: Final = 14
"""The oldest major version of PostgreSQL that is supported."""
SQLITE_DURABLE: Final = {"PRAGMA journal_mode": ("wal",), "PRAGMA synchronous": (2,)}
POSTGRES_DURABLE: Final = {
    "SHOW fsync": ("on",),
    "SHOW full_page_writes": ("on",),
    "SHOW synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
}
"""Queries of settings, with the values that keep commits through a power cut."""
MAKES_TABLES: Final = (
    "SELECT has_schema_privilege(current_schema(), 'CREATE') "
    "OR has_database_privilege(current_database(), 'TEMPORARY')"
)
"""Whether the connected role may make tables or functions, which could stand in for ours."""


def check_folders(context: CheckContext) -> Iterator[Finding]:
    """Check the permissions of the data folder and the free space in it."""
    folder = context.settings.data_dir.absolute()
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield warn(
            "folders",
            f"{folder} is open to every user of this machine",
            f"Run: chmod o-rwx {folder}",
        )
    for each in _folders_of_disks(context):
        yield _space_of(each)


def _folders_of_disks(context: CheckContext) -> list[Path]:
    """Return the folders that the service writes to, one for each disk: the first that is on it."""
    settings = context.settings
    folders = [settings.data_dir.absolute(), settings.keys]
    if settings.database.startswith("sqlite"):
        # Where the file itself lies, if its path is a link: SQLite writes beside that. Not by
        # `resolve`, to which a link to itself is an error.
        file = os.path.realpath(make_url(settings.database).database or "")
        folders.append(Path(file).parent)
    if settings.backup_dir is not None:
        folders.append(settings.backup_dir)
    # Reversed: of several folders on a disk, the last one put into the dictionary stays.
    return list({path.stat().st_dev: path for path in reversed(folders) if path.is_dir()}.values())


def _space_of(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    what = f"{free / 1e9:.1f} GB free in {folder}"
    if free < NO_SPACE:
        todo = "Make room at once: on a full disk nothing is stored, and people are told so."
        return fail("folders", what, todo)
    if free < LITTLE_SPACE:
        todo = "Make room: delete old backups and logs, or enlarge the disk."
        return warn("folders", what, todo)
    return ok("folders", what)


def check_backups(context: CheckContext) -> Iterator[Finding]:
    """Check how old the newest backup is."""
    folder = context.settings.backup_dir
    if folder is None:
        todo = "Set ZONE_BACKUP_DIR to the folder of zone-backup.service."
        yield warn("backups", "no folder of backups is named", todo)
        return
    todo = "See `systemctl status zone-backup.timer zone-backup`, and run `zone backup` now."
    latest = context.now + AHEAD
    try:
        made_at = newest_backup(folder, latest)
        if has_backup_after(folder, latest):
            what = f"one in {folder} is dated in the future"
            yield warn("backups", what, "Look at the clock of the machine that made it.")
    except OSError as error:
        yield fail("backups", f"{folder}: {error.strerror}", todo)
        return
    # A new installation has no backup yet: it is as old as its first person.
    since = made_at or people_queries.first_created_at(context.session) or context.now
    age = context.now - since
    hours = f"{age.total_seconds() / 3600:.0f} hours"
    what = f"the newest in {folder} is {hours} old" if made_at else f"there is none in {folder}"
    if age > BACKUP_IS_MISSING:
        yield fail("backups", what, todo)
    elif age > BACKUP_IS_LATE or made_at is None:
        yield warn("backups", what, todo)
    else:
        yield ok("backups", what)


def check_database(context: CheckContext) -> Iterator[Finding]:
    """Check that commits survive a power cut and that the server is not too old."""
    connection = context.session.connection()
    on_sqlite = connection.dialect.name == "sqlite"
    for query, durable in (SQLITE_DURABLE if on_sqlite else POSTGRES_DURABLE).items():
        value, name = connection.exec_driver_sql(query).scalar(), query.split()[1]
        if value not in durable:
            yield fail(
                "database",
                f"{name} is {value}",
                f"Set {name} to {durable[0]}: a power cut loses bookings.",
            )
    version = connection.dialect.server_version_info or (0,)
    if not on_sqlite and int(version[0]) < FIRST_POSTGRES:
        yield fail(
            "database",
            f"PostgreSQL {version[0]}",
            f"Upgrade PostgreSQL to {FIRST_POSTGRES} or newer.",
        )
    yield ok("database", f"{connection.dialect.name} {'.'.join(map(str, version))} answers")


def check_owner(context: CheckContext) -> Iterator[Finding]:
    """Check that the service's database role has the rights that it needs, and no more.

    Whoever owns a table can switch off the triggers that protect its rows.
    """
    connection = context.session.connection()
    if connection.dialect.name != "postgresql":
        return
    ways = migrations.ways_around(connection)
    closed, open_ = migrations.wrong_rights(connection)
    if closed:
        yield fail(
            "owner",
            f"the service's role may not write {_some(closed)}",
            "Run `zone migrate` with ZONE_OWNER_DATABASE_URL: it grants what is missing.",
        )
    elif ways:
        yield warn(
            "owner",
            f"the service's role could drop tables or switch triggers off: {', '.join(ways)}",
            "Follow docs/install.md, “A role of its own for the owner”; \\du in psql shows what a "
            "role may be and to which others it belongs.",
        )
    elif open_:
        yield warn(
            "owner",
            f"the service's role may delete or change what stays: {_some(open_)}",
            "Run `zone migrate` with ZONE_OWNER_DATABASE_URL: it takes those rights away. Look "
            "which other roles the service's role belongs to: \\du in psql.",
        )
    elif connection.exec_driver_sql(MAKES_TABLES).scalar_one():
        yield warn(
            "owner",
            "the service's role may make tables, which could take the place of others",
            "Run the two lines with REVOKE in docs/install.md, “A role of its own for the owner”.",
        )
    else:
        yield ok("owner", "the tables belong to a role of their own")


def _some(tables: set[str]) -> str:
    first = ", ".join(sorted(tables)[:5])
    return f"{first} and {len(tables) - 5} more tables" if len(tables) > 5 else first


def check_migrations(context: CheckContext) -> Iterator[Finding]:
    """Check that the schema is this version's."""
    current, newest = migrations.present(), migrations.newest(context.migrations)
    if migrations.is_ahead(context.migrations):
        yield fail(
            "migrations",
            f"the database is ahead, at {current}",
            "Start the newer version of Zone that made it.",
        )
    elif current != newest:
        yield fail(
            "migrations",
            f"the database is at {current}, this version wants {newest}",
            "Run `zone migrate`.",
        )
    else:
        yield ok("migrations", f"at {current}, the newest")
