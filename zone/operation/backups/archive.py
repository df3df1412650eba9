"""The file of a backup: a gzipped tar of parts, and in front of them a manifest that names each with its SHA-256.

Its file may be read by its owner only: it holds everything that is known of everybody.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from zone.core.errors import OperationError
from zone.core.secrets import sync_folder

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
CHUNK: Final = 1 << 20
SCRATCH: Final = ".zone-scratch-"
EXISTS: Final = "{path} exists already: choose another name, a backup is never overwritten."


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """One file of the archive. `columns` are those of a table's copy, in its order."""

    name: str
    bytes: int
    sha256: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `made_at` is UTC, ISO 8601; `revision` that of the schema."""

    version: str
    revision: str
    engine: str
    made_at: str
    parts: tuple[ArchivePart, ...]
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        """When the backup was made, aware UTC."""
        return datetime.fromisoformat(self.made_at)

    def named(self, folder: str) -> list[ArchivePart]:
        """The parts of one folder, in their order."""
        return [
            part for part in self.parts if PurePosixPath(part.name).parent == PurePosixPath(folder)
        ]


def part_of(path: Path, name: str, columns: Sequence[str] = ()) -> ArchivePart:
    """A file as a part of an archive."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ArchivePart(name, path.stat().st_size, digest, tuple(columns))


def write(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Put the parts into a new file, which appears whole, checked and on the disk, or not at all.

    Raises:
        OperationError: there is a file of that name, or what was written cannot be read back.
        OSError: it cannot be written.
    """
    with scratch(target.parent) as folder:
        draft = folder / "draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _fill(file, manifest, files)
            file.flush()
            os.fsync(file.fileno())
        verify(draft)
        try:
            target.hardlink_to(draft)
        except FileExistsError as error:
            raise OperationError(EXISTS.format(path=target)) from error
    sync_folder(target.parent)


def _fill(file: Any, manifest: Manifest, files: Mapping[str, Path]) -> None:
    text = json.dumps(asdict(manifest), indent=1).encode()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        _add(tar, MANIFEST, len(text), io.BytesIO(text), manifest)
        for part in manifest.parts:
            with files[part.name].open("rb") as content:
                _add(tar, part.name, part.bytes, content, manifest)


def _add(tar: tarfile.TarFile, name: str, size: int, content: Any, manifest: Manifest) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(manifest.moment.timestamp())
    tar.addfile(member, content)


def verify(path: Path) -> Manifest:
    """Read a whole archive and compare each part with its hash; what it holds.

    Raises:
        OperationError: it is no backup, damaged, or of a format that this version does not know.
    """
    with _reading(path) as tar:
        manifest = _manifest(tar)
        for part in manifest.parts:
            _compare(tar, part, None)
    return manifest


def unpack(path: Path, folder: Path) -> Manifest:
    """Write the parts of an archive below `folder`, each compared with its hash; what it holds.

    Raises:
        OperationError: as `verify`.
    """
    with _reading(path) as tar:
        manifest = _manifest(tar)
        for part in manifest.parts:
            target = folder / part.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(
                os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                _compare(tar, part, file)
    return manifest


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
        raise OperationError(f"{path} is not a whole backup: {error}. Use another one.") from error
    except OSError as error:
        raise OperationError(
            f"{path} cannot be read, or not be unpacked: {error}. Nothing was changed."
        ) from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = None if first is None or first.name != MANIFEST else tar.extractfile(first)
    if content is None:
        raise ValueError("it has no manifest")
    raw = json.load(content)
    if raw["format"] != FORMAT:
        raise ValueError(f"its format {raw['format']} is of another version of Zone")
    parts = tuple(_part(row) for row in raw["parts"])
    return Manifest(**{**raw, "parts": parts})


def _part(row: Mapping[str, Any]) -> ArchivePart:
    name = PurePosixPath(row["name"])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"a part is named {name}")
    return ArchivePart(**{**row, "columns": tuple(row["columns"])})


def _compare(tar: tarfile.TarFile, part: ArchivePart, out: Any) -> None:
    """Read the next member, which is this part; copy it to `out` where there is one."""
    member = tar.next()
    content = None if member is None or member.name != part.name else tar.extractfile(member)
    if content is None:
        raise ValueError(f"{part.name} is missing")
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        if out is not None:
            out.write(chunk)
    if digest.hexdigest() != part.sha256:
        raise ValueError(f"{part.name} is not as it was written")


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A folder for our eyes only, on the disk of `beside`, gone afterwards.

    One whose process was killed holds a copy of everything: the next who needs one takes it away.
    """
    with suppress(FileExistsError):
        beside.mkdir(mode=0o700, parents=True)
    with ExitStack() as until_done:
        with _locked(beside):
            _sweep(beside)
            folder = Path(
                until_done.enter_context(tempfile.TemporaryDirectory(prefix=SCRATCH, dir=beside))
            )
            until_done.enter_context(_locked(folder))
        yield folder


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """A folder for ourselves. The lock ends with the process, however that ends.

    Raises:
        BlockingIOError: somebody has it, and we do not wait.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _sweep(beside: Path) -> None:
    for left in beside.glob(f"{SCRATCH}*/"):
        with suppress(BlockingIOError), _locked(left, wait=False):
            shutil.rmtree(left, ignore_errors=True)
