"""The blocks of the install guide, run in order in an empty folder, make a service that answers.

Only what belongs to the machine is left out: creating an account, changing owners, and systemd.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from zone.demo.machine.processes import Process, answers, environment, free_port, script
from zone.demo.supervisor import READY_SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "install.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# systemd reads the units that the guide installs, and looks whether what they start is there.
NEEDS_SYSTEMD = pytest.mark.system("systemd-analyze")
PLACES = ("/opt/zone", "/etc/zone", "/var/lib/zone", "/var/backups/zone", "/etc/systemd/system")
PASSWORD = "a password of some length"
MACHINE = """\
set -euo pipefail
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
useradd() { :; }
systemctl() { :; }
chown() { :; }
install() {
  local kept=()
  while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2;; *) kept+=("$1"); shift;; esac; done
  command install "${kept[@]}"; }
"""


def blocks() -> list[str]:
    """Return the blocks of commands, in order."""
    return BLOCK.findall(GUIDE.read_text("utf-8"))


def followed(place: Path) -> "subprocess.CompletedProcess[str]":
    """Run every block in one shell."""
    script = "\n".join(blocks())
    for path in PLACES:
        script = script.replace(path, f"{place}{path}")
        (place / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    (place / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
    env = {
        name: value
        for name, value in environment({}).items()
        if name not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    env["PIP_NO_COMPILE"] = "1"  # what is started here compiles what it imports, a tenth of it
    return subprocess.run(
        ["bash", "-c", MACHINE + script],
        cwd=ROOT,
        env=env,
        input=f"{PASSWORD}\n{PASSWORD}\n",
        text=True,
        timeout=380,
        capture_output=True,
        check=False,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine on which the guide was followed."""
    folder = tmp_path_factory.mktemp("machine")
    done = followed(folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.mark.thorough
@NEEDS_SYSTEMD
def test_the_installed_service_answers(place: Path, tmp_path: Path) -> None:
    port = free_port()
    zone = [str(place / "opt/zone/bin/zone"), "--env", str(place / "etc/zone/zone.env")]
    web = Process(
        "web", [*zone, "serve", "--port", str(port)], log=tmp_path / "log", env=environment({})
    )
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)
        assert answers(f"http://127.0.0.1:{port}/sign-in")
    finally:
        web.stop()


@pytest.mark.thorough
@NEEDS_SYSTEMD
def test_secrets_are_for_the_service_alone(place: Path) -> None:
    data = place / "var/lib/zone"
    zone = [str(place / "opt/zone/bin/zone"), "--env", str(place / "etc/zone/zone.env")]
    subprocess.run(
        [*zone, "rotate", "issuer"], env=environment({}), capture_output=True, check=True
    )  # makes the first
    assert (data.stat().st_mode & 0o777, (data / "keys").stat().st_mode & 0o777) == (0o700, 0o700)
    assert {path.stat().st_mode & 0o077 for path in (data / "keys").iterdir()} == {0}


@pytest.mark.thorough
@NEEDS_SYSTEMD
def test_the_units_start_what_was_installed(place: Path) -> None:
    units = place / "etc/systemd/system"
    (start,) = re.findall(
        r"^ExecStart=(\S+)", (units / "zone-web.service").read_text(), re.MULTILINE
    )
    assert start == str(place / "opt/zone/bin/zone")
    assert os.access(start, os.X_OK)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(path) for path in sorted(units.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_command_of_every_guide_exists() -> None:
    written = "\n".join(
        path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    )
    named = set(re.findall(r"(?:bin/|`)zone(?: --env \S+)? ([a-z]+)\b", written))
    told = subprocess.run(
        [script("zone"), "--help"], capture_output=True, text=True, env=environment({}), check=True
    ).stdout
    assert named <= set(re.findall(r"^  ([a-z]+) ", told, re.MULTILINE))
