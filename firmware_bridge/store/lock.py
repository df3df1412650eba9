"""One process on a data folder: two would write two ends of one chain of entries."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 -- a state that the operator changes
    """Another process of the bridge works on this data folder."""


@contextmanager
def only_process_on(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back however the process ends.

    Raises:
        FolderInUse: another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another zone-bridge works on {folder}: stop it first") from None
        yield
