"""One process on a data folder: two would write two ends of one chain of entries."""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 -- a state that the operator changes
    """Another process of the bridge works on this data folder."""


class FolderUnusable(Exception):  # noqa: N818 -- a state that the operator changes
    """The data folder, or the journal in it, cannot be opened; the text says why."""


def check_owner(folder: Path) -> None:
    """Check that a command of root does not work on the folder of the service's user.

    Raises:
        FolderUnusable: it would leave files there that the service cannot open.
    """
    journal = folder / "journal.sqlite"
    kept = journal if journal.exists() else folder
    if os.geteuid() != 0 or not kept.exists() or (owner := kept.stat().st_uid) == 0:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:  # a user of another computer
        name = f"#{owner}"
    raise FolderUnusable(
        f"{folder} is the folder of {name}, and files that root makes in it the service could not "
        f"open. Run this again behind: sudo -u {name}"
    )


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
        raise FolderUnusable(
            f"The data folder cannot be used: {error}. Make it, give it to the user of the service "
            "(chown), and run this as that user: sudo -u zone-bridge"
        ) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"another zone-bridge works on {folder}: stop it first (sudo systemctl stop "
                "zone-bridge), and start it again afterwards"
            ) from None
        yield
