"""Lasting names of serial ports: the udev rules, and what the doctor says of other names."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bridge import doctor_ports, port_names
from firmware_bridge.cli import main
from firmware_bridge.config import load
from firmware_bridge.port_names import lasting_name, may_change, rules

# One key of a rule: its name, an operator of udev(7), and a value in quotes.
KEY = re.compile(
    r"(?P<name>[A-Z]+(\{[.A-Za-z0-9_]+\})?)(?P<op>==|!=|\+=|=)\"(?P<value>[^\"]*)\"(, |$)"
)
MATCHES = {"ACTION", "SUBSYSTEM", "KERNEL", "ENV"}
ASSIGNS = {"SYMLINK", "GOTO", "LABEL", "ENV"}


def parsed() -> list[list[tuple[str, str, str]]]:
    """The keys of each rule; fails on what udev would not read."""
    found = []
    for line in rules().splitlines():
        if not line or line.startswith("#"):
            continue
        keys = list(KEY.finditer(line))
        assert "".join(key[0] for key in keys) == line, line
        found.append([(key["name"].partition("{")[0], key["op"], key["value"]) for key in keys])
    return found


def test_each_rule_has_keys_that_udev_reads() -> None:
    for rule in parsed():
        for name, operator, _ in rule:
            assert name in (MATCHES if operator in ("==", "!=") else ASSIGNS), rule
    labels = {value for rule in parsed() for name, _, value in rule if name == "LABEL"}
    targets = {value for rule in parsed() for name, _, value in rule if name == "GOTO"}
    assert targets == labels


def test_only_ports_on_usb_get_a_name_and_each_below_zone() -> None:
    [kernel] = [value for rule in parsed() for name, _, value in rule if name == "KERNEL"]
    assert kernel == "ttyUSB[0-9]*|ttyACM[0-9]*"
    names = [value for rule in parsed() for name, _, value in rule if name == "SYMLINK"]
    assert len(names) == 3
    assert all(
        re.fullmatch(r"zone/(port|serial)-\$env\{\w+\}(-if\$env\{\w+\})?\$env\{\.\w+\}", one)
        for one in names
    )


@pytest.mark.skipif(
    shutil.which("udevadm") is None
    or subprocess.run(["udevadm", "verify", "--help"], capture_output=True, check=False).returncode
    != 0,
    reason="udevadm verify came with systemd 254",
)
def test_udev_reads_the_rules_without_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "70-zone-bridge.rules"
    file.write_text(rules())
    done = subprocess.run(
        ["udevadm", "verify", file], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_prints_them_without_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert capsys.readouterr().out == rules()
    with pytest.raises(SystemExit):
        main(["run"])
    assert "--config is needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("port", "changes"),
    [
        ("/dev/ttyUSB0", True),
        ("/dev/ttyACM12", True),
        ("/dev/ttyAMA0", False),
        ("/dev/serial0", False),
        ("/dev/zone/port-x", False),
        ("/dev/serial/by-id/usb-x", False),
    ],
)
def test_which_names_may_change(port: str, changes: bool) -> None:
    assert may_change(port) is changes


def a_dev(folder: Path) -> Path:
    """A folder as /dev: two adapters with the same number, of which udev links the last."""
    for name in ("ttyUSB0", "ttyUSB1"):
        (folder / name).touch()
    for name, device in (
        ("serial/by-id/usb-0001", "ttyUSB1"),
        ("serial/by-path/usb-1.1", "ttyUSB0"),
        ("zone/port-usb-1_1", "ttyUSB0"),
        ("zone/port-usb-1_2", "ttyUSB1"),
        ("zone/serial-0001-if00", "ttyUSB1"),
    ):
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(folder / device)
    return folder


def test_the_name_by_the_socket_is_the_best_and_no_other_device_has_it(tmp_path: Path) -> None:
    dev = a_dev(tmp_path)
    assert lasting_name(f"{dev}/ttyUSB0", dev) == f"{dev}/zone/port-usb-1_1"
    assert lasting_name(f"{dev}/ttyUSB1", dev) == f"{dev}/zone/port-usb-1_2"
    shutil.rmtree(dev / "zone")
    assert lasting_name(f"{dev}/ttyUSB0", dev) == f"{dev}/serial/by-path/usb-1.1"
    shutil.rmtree(dev / "serial")
    assert lasting_name(f"{dev}/ttyUSB0", dev) is None


def test_the_doctor_names_what_to_write_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = a_dev(tmp_path)
    settings = tmp_path / "bridge.toml"
    settings.write_text(
        f'data = "{tmp_path}"\nserver = "https://zone.example"\n[[doors]]\n'
        'door = "6f1c8c1e-6c55-4a5c-9a0e-3f0f3c7f0a11"\n'
        f'reader = {{ port = "{dev}/ttyUSB0" }}\nrelay = {{ port = "{dev}/zone/port-usb-1_2" }}\n'
    )
    monkeypatch.setattr(doctor_ports, "lasting_name", lambda port: lasting_name(port, dev))
    [found] = doctor_ports.check_names(load(settings))
    assert not found.good
    assert found.what == f"{dev}/ttyUSB0 may be another device after the next start"
    assert found.step == f"Set `port` to {dev}/zone/port-usb-1_1."
    monkeypatch.setattr(doctor_ports, "lasting_name", port_names.lasting_name)
    [found] = doctor_ports.check_names(load(settings))
    assert "zone-bridge rules" in found.step
