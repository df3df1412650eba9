"""The file of a backup: a gzipped tar of a manifest and the parts that it lists with their SHA-256.

Only its owner may read the file: it holds all personal data.
"""

import fcntl
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
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
# What a reader of damaged bytes meets: in the compression, in the tar, and in the manifest.
DAMAGE: Final = (
    gzip.BadGzipFile,
    zlib.error,
    tarfile.TarError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
)
EXISTS: Final = "{path} exists already: choose another name, a backup is never overwritten."


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """A file of the archive; `columns` are those of a table's copy, in their order."""

    name: str
    bytes: int
    sha256: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of an archive; `made_at` is UTC in ISO 8601, `revision` that of the schema."""

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

    def parts_in(self, folder: str) -> list[ArchivePart]:
        """Return the parts in a folder, in their order."""
        return [
            part for part in self.parts if PurePosixPath(part.name).parent == PurePosixPath(folder)
        ]


def part_of(path: Path, name: str, columns: Sequence[str] = ()) -> ArchivePart:
    """Return a file as a part of an archive."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ArchivePart(name, path.stat().st_size, digest, tuple(columns))


def write(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the parts into a new file, which appears complete and on disk, or not at all.

    Raises:
        OperationError: the file exists, or what was written cannot be read back.
        OSError: it cannot be written.
    """
    with scratch(target.parent) as folder:
        draft = folder / "draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _fill(file, manifest, files)
            file.flush()
            os.fsync(file.fileno())
        verify(draft)  # read back: a backup that cannot be read must not appear under its name
        try:
            _put(draft, target)
        except FileExistsError as error:
            raise OperationError(EXISTS.format(path=target)) from error
    sync_folder(target.parent)


def _put(draft: Path, target: Path) -> None:
    """Give a finished file its name, which no file has."""
    try:  # a link, unlike a rename, never replaces a file
        target.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a USB stick or a network folder has no links
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(target)


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


def begins_as_one(path: Path) -> bool:
    """Whether a file begins with the two bytes of gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def verify(path: Path) -> Manifest:
    """Read an archive, compare each part with its hash, and return the manifest.

    Raises:
        OperationError: it is no backup, damaged, or of an unknown format.
    """
    with _reading(path) as tar:
        manifest = _manifest(tar)
        for part in manifest.parts:
            _compare(tar, part, None)
        _end(tar)
    return manifest


def unpack(path: Path, folder: Path) -> Manifest:
    """Write the parts below `folder`, compare each with its hash, and return the manifest.

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
        _end(tar)
    return manifest


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:gz") as tar:
            yield tar
    except DAMAGE as error:
        raise OperationError(f"{path} is not a whole backup: {error}. Use another one.") from error
    except OSError as error:
        raise OperationError(
            f"{path} cannot be read, or not be unpacked: {error}. Nothing was changed."
        ) from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    content = None if member is None or member.name != MANIFEST else tar.extractfile(member)
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
    """Read the next member, which must be this part, and copy it to `out` if given."""
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


def _end(tar: tarfile.TarFile) -> None:
    """Read what follows the parts: gzip compares its checksum, the manifest's only one, there."""
    if tar.next() is not None:
        raise ValueError("more follows than its manifest names")
    while tar.fileobj.read(CHUNK):
        pass


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Yield a temporary folder inside `parent`, readable by its owner only."""
    # A process that was killed leaves a folder with a copy of all data; the next one deletes it.
    with suppress(FileExistsError):
        parent.mkdir(mode=0o700, parents=True)
    with ExitStack() as until_done:
        # Until the new folder is locked itself, another process would take it for an abandoned one.
        with _locked(parent):
            _delete_abandoned(parent)
            folder = Path(
                until_done.enter_context(tempfile.TemporaryDirectory(prefix=SCRATCH, dir=parent))
            )
            until_done.enter_context(_locked(folder))
        yield folder


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a folder; it ends with the process, however that ends.

    Raises:
        BlockingIOError: another process holds it, and `wait` is False.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _delete_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{SCRATCH}*/"):
        # One that belongs to another user stays, and is in nobody's way.
        with suppress(OSError), _locked(folder, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
