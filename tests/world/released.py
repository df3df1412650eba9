"""Released bridges, unpacked and started as their sites run them."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.world.rig import ROOT, Rig

RELEASED = ROOT / "tests" / "released"
# Version of the messages → the module that starts the bridge.
PROGRAMS = {
    1: "firmware_bridge.bridge",
    **dict.fromkeys((4, 5, 6, 7), "firmware_bridge.cli"),
}
# Most bytes of a released bridge in the repository.
MOST_BYTES = 200_000


def archive_of(wire: int) -> Path:
    return RELEASED / f"bridge-wire-{wire}.zip"


def unpacked(folder: Path, wire: int = 1) -> Path:
    """Unpack the bridge of this version of the messages; return its folder."""
    target = folder / "released"
    with zipfile.ZipFile(archive_of(wire)) as archive:
        archive.extractall(target)
    return target


def run(released: Path, script: str, given: object) -> Any:
    """Run a script on the released modules, with `given` as JSON on stdin; return its JSON."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=environment(released),
        cwd=released,
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def environment(released: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(released)}


class ReleasedRig(Rig):
    """A site with the released bridge."""

    released: Path
    wire = 1

    @property
    def program(self) -> list[str]:
        return [sys.executable, "-P", "-m", PROGRAMS[self.wire]]

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.released)

    def enrol(self) -> None:
        command = ["enrol", "--config", str(self.config), "--token", self.peer.invite()]
        subprocess.run(
            [*self.program, *command],
            env=self.environment,
            cwd=self.released,
            stdout=subprocess.DEVNULL,
            check=True,
        )
