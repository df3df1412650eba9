"""Settings of the bridge: strict reading, errors that name the setting, and their documentation."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from firmware_bridge import config
from firmware_bridge.cli import main
from firmware_bridge.config import ConfigError, load
from firmware_bridge.wire.messages import alarms
from tests.world.rig import DOOR, OTHER_DOOR, ROOT
from zone.access.alarms import models as alarms_models
from zone.access.alarms.rules import ALARM_KINDS, KeepsOut

GOOD = f"""
data = "/var/lib/zone-bridge"
server = "https://zone.example/"
[[doors]]
door = "{DOOR.upper()}"
reader = {{ port = "/dev/reader" }}
relay = {{ port = "/dev/relay", coil = 3 }}
"""
SECOND = f"""
[[doors]]
door = "{OTHER_DOOR}"
reader = {{ port = "/dev/reader2" }}
relay = {{ port = "/dev/relay", coil = 4 }}
"""


def write_settings(folder: Path, text: str) -> Path:
    path = folder / "bridge.toml"
    path.write_text(text)
    return path


def test_settings_are_read_with_their_defaults(tmp_path: Path) -> None:
    config = load(write_settings(tmp_path, GOOD + SECOND))
    door = config.doors[0]
    assert (config.server, config.poll_seconds, door.door) == ("https://zone.example", 1.0, DOOR)
    assert (door.reader.baud, door.relay.baud, door.relay.unit, door.relay.coil) == (
        115200,
        9600,
        1,
        3,
    )
    assert config.doors[1].relay.port == door.relay.port


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("[[doors]]", "colour = 1\n[[doors]]"), "colour: no such setting"),
        (
            GOOD.replace("coil = 3", "coil = 3, invert = true"),
            r"doors\[0\].relay.invert: no such setting",
        ),
        (GOOD.replace("data =", "# data ="), "data: a text is needed"),
        (GOOD.replace("https://", "ftp://"), "server: an origin"),
        (GOOD.replace("https://", "http://"), "server: https is needed"),
        (GOOD.replace("https://zone.example", "http://10.0.0.7"), "server: https is needed"),
        (GOOD.replace("https://zone.example", "http://127.0.0.1.evil.example"), "server: https"),
        (GOOD.replace("zone.example/", "zone.example/path"), "server: an origin"),
        (GOOD.replace(DOOR.upper(), "front door"), r"doors\[0\].door: "),
        (GOOD.replace("coil = 3", "coil = 300"), r"doors\[0\].relay.coil: a number from 0 to 255"),
        (GOOD.replace("coil = 3", "coil = true"), r"doors\[0\].relay.coil: a number"),
        (GOOD.replace("coil = 3", "coil = 1.5"), r"doors\[0\].relay.coil: a whole number"),
        (GOOD.replace("coil = 3", "baud = 1"), r"doors\[0\].relay.baud: one of"),
        (GOOD.split("[[doors]]", maxsplit=1)[0], "doors: at least one"),
        (GOOD + GOOD.split('https://zone.example/"')[1], "same door"),
        (GOOD + SECOND.replace("reader2", "reader"), "same reader port"),
        (GOOD + SECOND.replace("reader2", "relay"), "same reader port"),
        (GOOD + SECOND.replace("coil = 4", "coil = 3"), "same relay coil"),
        (GOOD + SECOND.replace("coil = 4", "coil = 4, baud = 19200"), "relay baud"),
        ("data = ", "bridge.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load(write_settings(tmp_path, text))


def test_the_command_names_a_missing_file_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_without_enrolment_the_command_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_settings(tmp_path, GOOD.replace("/var/lib/zone-bridge", str(tmp_path / "data")))
    assert main(["--config", str(path)]) == 2
    assert "zone-bridge enrol" in capsys.readouterr().err


def test_enrol_needs_its_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["enrol", "--config", str(write_settings(tmp_path, GOOD))])
    assert "--token" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--token", "-secret"], ["--token=-secret"]])
def test_a_token_may_begin_with_a_dash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    text = GOOD.replace("/var/lib/zone-bridge", str(tmp_path / "data")).replace(
        "https://zone.example/", "http://[::1]:9"
    )
    assert main(["enrol", "--config", str(write_settings(tmp_path, text)), *given]) == 1
    assert "Not enrolled: POST /enrol" in capsys.readouterr().err


def settings_of(table: type, prefix: str = "") -> set[str]:
    """The names of all settings as in the documentation, such as `doors.relay.port`."""
    names = set()
    for item in fields(table):
        names.add(prefix + item.name)
        inner = {
            "doors": config.DoorSettings,
            "reader": config.ReaderSettings,
            "relay": config.RelaySettings,
            "contact": config.InputSettings,
            "exit": config.InputSettings,
            "fire": config.InputSettings,
        }
        if item.name in inner:
            names |= settings_of(inner[item.name], f"{prefix}{item.name}.")
    return names


def rows_under(heading: str) -> list[str]:
    """The first column of the table under a heading of docs/bridge.md."""
    text = (
        (ROOT / "docs" / "bridge.md")
        .read_text(encoding="utf-8")
        .split(f"## {heading}\n")[1]
        .split("\n## ")[0]
    )
    return re.findall(r"^\| `([^`]+)` ", text, re.MULTILINE)


WIRED = (
    GOOD
    + """
contact = { input = 3, inverted = true }
exit = { port = "/dev/other", unit = 9, input = 4 }
"""
)


def test_inputs_are_on_the_relay_s_board_unless_they_say_otherwise(tmp_path: Path) -> None:
    [door] = config.load(write_settings(tmp_path, WIRED)).doors
    relay = door.relay
    assert door.contact == config.InputSettings(relay.port, relay.baud, relay.unit, 3, True)
    assert door.exit == config.InputSettings("/dev/other", relay.baud, 9, 4, False)


def test_every_setting_is_documented_and_no_other() -> None:
    assert sorted(rows_under("Settings")) == sorted(settings_of(config.Config))


def test_every_alarm_is_documented_and_no_other() -> None:
    assert sorted(rows_under("Alarms")) == sorted(alarms_models.ALARMS)
    assert set(alarms.KINDS) < set(alarms_models.ALARMS)


def test_the_documentation_says_which_alarms_keep_people_out() -> None:
    text = (ROOT / "docs" / "bridge.md").read_text(encoding="utf-8").split("## Alarms\n")[1]
    said = dict(re.findall(r"^\| `(\w+)` \|.*?\|(.*?)\|", text.split("\n## ")[0], re.MULTILINE))
    words = {KeepsOut.EVERYBODY: "all", KeepsOut.SOME: "some", KeepsOut.NOBODY: ""}
    assert {name: whom.strip() for name, whom in said.items()} == {
        name: words[kind.keeps_out] for name, kind in ALARM_KINDS.items()
    }


def test_the_settings_in_the_documentation_work(tmp_path: Path) -> None:
    text = (
        (ROOT / "docs" / "bridge.md")
        .read_text(encoding="utf-8")
        .split("```toml\n")[1]
        .split("```")[0]
    )
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    assert config.load(path).doors[0].relay == config.RelaySettings("/dev/zone/port-rs485")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_on_the_computer_itself_http_is_enough(tmp_path: Path, host: str) -> None:
    path = write_settings(tmp_path, GOOD.replace("https://zone.example/", f"http://{host}"))
    assert load(path).server == f"http://{host}"


def test_one_input_is_not_the_contact_and_the_exit_button(tmp_path: Path) -> None:
    """Both are input 0 unless it is set, and each break-in would be somebody going out."""
    for exit_of in ("exit = {}", "exit = { input = 0 }"):
        with pytest.raises(ConfigError, match="input as contact and as exit"):
            load(write_settings(tmp_path, f"{GOOD}contact = {{}}\n{exit_of}\n"))
    shared = f"{GOOD}exit = {{ input = 1 }}\n{SECOND}exit = {{ input = 1 }}\n"
    assert len(load(write_settings(tmp_path, shared)).doors) == 2, "doors may share a button"
