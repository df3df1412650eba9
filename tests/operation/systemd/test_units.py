"""systemd reads the units without a warning, and finds them well confined."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from firmware_bridge import cli
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.operation.systemd import service as systemd

MOST_EXPOSED = 3.0


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Write all units as the guides do, and return their folder."""
    systemd.write_units(tmp_path)
    settings = tmp_path / "bridge.toml"
    settings.write_text(f'data = "{tmp_path}"\nserver = "https://zone.example"\n' + DOOR)
    assert cli.main(["unit", "--config", str(settings)]) == 0
    (tmp_path / "zone-bridge.service").write_text(capsys.readouterr().out)
    return tmp_path


DOOR = """
[[doors]]
door = "6f1c8c1e-6c55-4a5c-9a0e-3f0f3c7f0a11"
reader = { port = "/dev/ttyUSB0" }
relay = { port = "/dev/ttyUSB1" }
"""
ALL = (*systemd.UNITS, "zone-bridge.service")
SERVICES = tuple(name for name in ALL if name.endswith(".service"))


def analyzed(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def check_safe(unit: Path) -> None:
    """The property: systemd's exposure level of a unit, 0 to 10, is at most 3."""
    status, said = analyzed(
        "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", unit
    )
    assert status == 0, said


@pytest.mark.system("systemd-analyze")
def test_systemd_reads_every_unit_without_a_warning(folder: Path) -> None:
    assert analyzed("verify", *(folder / name for name in ALL)) == (0, "")


@pytest.mark.system("systemd-analyze")
@pytest.mark.parametrize("name", SERVICES)
def test_no_unit_is_exposed_above_three(folder: Path, name: str) -> None:
    check_safe(folder / name)


@pytest.mark.system("systemd-analyze")
@pytest.mark.planted_fault("a unit without its hardening")
def test_a_unit_without_its_hardening_fails_the_check(folder: Path) -> None:
    unit = folder / "zone-web.service"
    hardening = ("Protect", "Private", "System", "Cap")
    unit.write_text(
        "\n".join(line for line in unit.read_text().splitlines() if not line.startswith(hardening))
    )
    with pytest.raises(AssertionError):
        check_safe(unit)


def test_the_programs_of_the_units_exist(folder: Path) -> None:
    for name in SERVICES:
        (start,) = [
            line
            for line in (folder / name).read_text().splitlines()
            if line.startswith("ExecStart=")
        ]
        assert os.access(start.removeprefix("ExecStart=").split()[0], os.X_OK), start


def test_the_web_tells_systemd_when_it_is_ready(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(30)
        env = environment(
            {"ZONE_DATA_DIR": str(tmp_path), "NOTIFY_SOCKET": str(tmp_path / "notify")}
        )
        web = Process(
            "web",
            python("-m", "zone", "serve", "--port", str(port)),
            log=tmp_path / "web.log",
            env=env,
        )
        try:
            assert b"READY=1" in notify.recv(4096)
            web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/healthz"), READY_SECONDS)
        finally:
            web.stop()
