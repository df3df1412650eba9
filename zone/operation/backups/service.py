"""`zone backup`: write the database as of one instant into one file, while the service runs.

Secrets are included only on request, private keys of surveys never: with the database they would
show who answered what.
"""

import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from zone.core.config import Settings
from zone.core.errors import OperationError
from zone.operation.backups import archive, postgres_copy, sqlite_copy
from zone.operation.backups.archive import ArchivePart, Manifest, part_of

KEYS: Final = "keys"
SURVEY_KEYS: Final = "survey-*"
DATED: Final = re.compile(
    r"zone-\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])([0-5]\d){2}Z\.tar\.gz"
)
"""The name of a backup in a folder; names sort by time."""


def back_up(
    engine: Engine, settings: Settings, path: Path, *, with_keys: bool, now: datetime
) -> tuple[Path, Manifest]:
    """Write a backup to the file `path`, or into the folder `path` under a name with the time.

    Raises:
        OperationError: the file exists, or the database has no schema yet.
    """
    target = path / f"zone-{now:%Y%m%dT%H%M%SZ}.tar.gz" if path.is_dir() else path
    if target.exists():
        raise OperationError(archive.EXISTS.format(path=target))
    with archive.scratch(target.absolute().parent) as folder:
        copies = sqlite_copy if engine.dialect.name == "sqlite" else postgres_copy
        parts, revision = copies.dump(engine, folder)
        if revision is None:
            raise OperationError(
                "The database is empty: there is nothing to back up. Run `zone migrate` first."
            )
        keys = _keys(settings.keys) if with_keys else {}
        files = {part.name: folder / part.name for part in parts} | keys
        parts += [part_of(file, name) for name, file in keys.items()]
        manifest = _manifest(engine, revision, parts, now)
        archive.write(target.absolute(), manifest, files)
    return target, manifest


def delete_older_backups(folder: Path, count: int, now: datetime) -> list[Path]:
    """Delete all that is older than the `count` newest backups of a folder, and return them.

    Other files stay, and so do backups dated in the future.
    """
    # What is none, such as an empty file, or was made while the clock was wrong, takes no place of
    # a good one.
    dated = [path for path in _dated(folder) if _moment_of(path) <= now]
    kept = [path for path in dated if archive.begins_as_one(path)][-count:]
    older = [path for path in dated if kept and path < kept[0]]
    for path in older:
        path.unlink(missing_ok=True)
    return older


def newest_backup(folder: Path, until: datetime) -> datetime | None:
    """Return when the newest backup of a folder was made; None where there is none.

    One dated after `until` is none: the clock of the machine that made it was wrong.
    A file that does not begin as a backup does, such as an empty one, is none. Only
    `zone backup --verify` reads one to its end.

    Raises:
        OSError: the folder or a file in it cannot be read.
    """
    dated = [path for path in reversed(_dated(folder)) if _moment_of(path) <= until]
    newest = next((path for path in dated if archive.begins_as_one(path)), None)
    return None if newest is None else _moment_of(newest)


def has_backup_after(folder: Path, moment: datetime) -> bool:
    """Return whether a backup of a folder is dated after a moment.

    Raises:
        OSError: the folder cannot be read.
    """
    return any(_moment_of(path) > moment for path in _dated(folder))


def _dated(folder: Path) -> list[Path]:
    """Return the files of a folder that are named as backups, by time."""
    # Not what only has such a name: a folder cannot be read, and a pipe is waited for.
    return sorted(path for path in folder.iterdir() if _has_a_date(path.name) and path.is_file())


def _has_a_date(name: str) -> bool:
    try:
        return DATED.fullmatch(name) is not None and _moment_of(Path(name)) is not None
    except ValueError:  # such as 31 February
        return False


def _moment_of(path: Path) -> datetime:
    return datetime.strptime(path.name[5:21], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _manifest(engine: Engine, revision: str, parts: list[ArchivePart], now: datetime) -> Manifest:
    return Manifest(
        version("zone-campus-sports"), revision, engine.dialect.name, now.isoformat(), tuple(parts)
    )


def _keys(folder: Path) -> dict[str, Path]:
    """Return the secrets and issuer keys by their names in the archive."""
    if not folder.is_dir():
        return {}
    files = sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )
    return {f"{KEYS}/{path.name}": path for path in files if not path.match(SURVEY_KEYS)}
