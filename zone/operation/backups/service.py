"""`zone backup`: the whole database in one file, as of one instant, while the service runs.

Secrets are included only on request, private keys of surveys never: together with the
database they would tell who answered what.
"""

import re
from datetime import datetime
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
DATED: Final = re.compile(r"zone-\d{8}T\d{6}Z\.tar\.gz")
"""The name that a backup gets in a folder. Later ones sort behind earlier ones."""


def back_up(
    engine: Engine, settings: Settings, path: Path, *, with_keys: bool, now: datetime
) -> tuple[Path, Manifest]:
    """Write a backup to `path`, or into it under a name of its own where it is a folder.

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


def keep_newest(folder: Path, count: int) -> list[Path]:
    """Delete the older backups of a folder, but for the `count` newest; which they were. Other files stay."""
    dated = sorted(path for path in folder.iterdir() if DATED.fullmatch(path.name))
    gone = dated[:-count]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _manifest(engine: Engine, revision: str, parts: list[ArchivePart], now: datetime) -> Manifest:
    return Manifest(
        version("zone-campus-sports"), revision, engine.dialect.name, now.isoformat(), tuple(parts)
    )


def _keys(folder: Path) -> dict[str, Path]:
    """The secrets and issuer keys by their names in the archive, without those of surveys."""
    if not folder.is_dir():
        return {}
    found = sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )
    return {f"{KEYS}/{path.name}": path for path in found if not path.match(SURVEY_KEYS)}
