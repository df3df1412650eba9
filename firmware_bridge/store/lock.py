"""One process on a data folder: two would write two ends of one chain of entries."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 -- a state that the operator changes
    """Another process of the bridge works on this data folder."""


class FolderUnusable(Exception):  # noqa: N818 -- a state that the operator changes
    """The data folder, or the journal in it, cannot be opened; the text says why."""


@contextmanager
def only_process_on(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back however the process ends.

    Raises:
        FolderInUse: another process holds it.
        FolderUnusable: it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = (folder / "lock").open("a")
    except OSError as error:
        raise FolderUnusable(f"The data folder cannot be used: {error}") from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another zone-bridge works on {folder}: stop it first") from None
        yield
