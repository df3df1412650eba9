"""A disk of its own: an ext4 file system on a loop device, whose power can be cut.

`cut_power` is ext4's own shutdown (`EXT4_IOC_SHUTDOWN` with `NOLOGFLUSH`, as xfstests uses it):
from that moment nothing more is written, not even the log, so that what no fsync has brought to
the disk is gone. It needs root and a loop device.
"""

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.world.rig import eventually

# _IOR('X', 125, u32), and its flag of fs/ext4/ext4.h.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2
# _IOWR('X', 119, int) and _IOWR('X', 120, int).
_FREEZE, _THAW = 0xC0045877, 0xC0045878
PROGRAMS = ("mkfs.ext4", "mount", "umount")


class BlockDevice:
    """A mounted file system; `folder` is its root."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.folder))

    def unmount(self) -> None:
        _run("umount", str(self.folder))
        # Whoever copied the mounts of this machine meanwhile, as `unshare -m` does, holds the disk:
        # mounted again at once it would still be the one without power.
        eventually(lambda: str(self.image) not in _images_in_use(), "the disk is let go")

    def cut_power(self) -> None:
        """Let nothing reach the disk any more."""
        self._control(_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))

    def freeze(self) -> None:
        """Let every write wait, until `thaw`."""
        self._control(_FREEZE, bytes(4))

    def thaw(self) -> None:
        self._control(_THAW, bytes(4))

    def fill(self) -> None:
        """Write until there is no room left."""
        with (self.folder / "filler").open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 10, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        (self.folder / "filler").unlink()

    def _control(self, request: int, argument: bytes) -> None:
        root = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(root, request, argument)
        finally:
            os.close(root)


def _images_in_use() -> set[str]:
    images = set()
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):  # let go just now
            images.add(path.read_text().strip())
    return images


@contextmanager
def block_device(folder: Path, megabytes: int = 32) -> Iterator[BlockDevice]:
    """Mount a new file system at `folder`, or skip the test where this machine has none."""
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    device = BlockDevice(image, folder)
    try:
        _run("mkfs.ext4", "-q", "-m", "0", "-b", "4096", str(image))
        device.mount()
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"this machine mounts no disk of a test's own: {error}")
    try:
        yield device
    finally:
        device.unmount()
        image.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
