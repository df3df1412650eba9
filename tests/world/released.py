"""Released bridges, unpacked and started as their sites run them."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.world.rig import ROOT, Rig

ZIP = ROOT / "tests" / "released" / "bridge-wire-1.zip"
# Most bytes of a released bridge in the repository.
MOST_BYTES = 150_000


def unpacked(folder: Path) -> Path:
    """Unpack the bridge of the first version of the messages; return its folder."""
    target = folder / "released"
    with zipfile.ZipFile(ZIP) as archive:
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

    @property
    def program(self) -> list[str]:
        return [sys.executable, "-P", "-m", "firmware_bridge.bridge"]

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
