"""Settings of the bridge: strict reading, errors that name the setting, and their documentation."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from firmware_bridge import config
from firmware_bridge.cli import main
from firmware_bridge.config import load
from firmware_bridge.config_table import ConfigError
from firmware_bridge.devices.board_profiles import BOARDS, WAVESHARE
from firmware_bridge.devices.reader_profiles import PROFILES
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


SECOND_GOOD = GOOD + SECOND


def relay(more: str) -> str:
    """Good settings with this about the relay."""
    return GOOD.replace("coil = 3", f"coil = 3, {more}")


def signal(more: str) -> str:
    """Good settings with one lamp."""
    return f"{GOOD}signals = [{{ {more} }}]"


def reader(more: str) -> str:
    """Good settings with this about the reader."""
    return GOOD.replace('port = "/dev/reader"', f'port = "/dev/reader", {more}')


def write_settings(folder: Path, text: str) -> Path:
    path = folder / "bridge.toml"
    path.write_text(text)
    return path


def test_settings_are_read_with_their_defaults(tmp_path: Path) -> None:
    config = load(write_settings(tmp_path, GOOD + SECOND))
    door = config.doors[0]
    assert (config.server, config.poll_seconds, door.door) == ("https://zone.example", 1.0, DOOR)
    assert (door.reader.profile.baud, door.relay.baud, door.relay.unit, door.relay.coil) == (
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
        (
            reader('profile = "symbol"'),
            r"doors\[0\].reader.profile: one of generic, honeywell, zebra,",
        ),
        (reader('parity = "mark"'), r"doors\[0\].reader.parity: one of none, even, odd"),
        (reader("baud = true"), r"doors\[0\].reader.baud: one of"),
        (reader("gap_ms = 0"), r"doors\[0\].reader.gap_ms: a number from 10 to 2000"),
        (reader('prefix = "Z"'), r"doors\[0\].reader.prefix: each code begins with Z1"),
        (reader('prefix = "Z1 A"'), r"doors\[0\].reader.prefix: each code begins with Z1"),
        (reader('suffix = "\u20ac"'), r"doors\[0\].reader.suffix: a text of characters"),
        (reader("suffix = 13"), r"doors\[0\].reader.suffix: a text of characters"),
        (reader("feedback = true"), r"doors\[0\].reader.feedback: generic has no command for it"),
        (reader("trigger = true"), r"doors\[0\].reader.trigger: generic has no command for it"),
        (reader("trigger = 5"), r"doors\[0\].reader.trigger: true or false is needed"),
        (reader("same_code_ms = 0.5"), r"doors\[0\].reader.same_code_ms: a whole number"),
        (GOOD.split("[[doors]]", maxsplit=1)[0], "doors: at least one"),
        (GOOD + GOOD.split('https://zone.example/"')[1], "same door"),
        (GOOD + SECOND.replace("reader2", "reader"), "same reader port"),
        (GOOD + SECOND.replace("reader2", "relay"), "same reader port"),
        (GOOD + SECOND.replace("coil = 4", "coil = 3"), "same relay coil"),
        (GOOD + SECOND.replace("coil = 4", "coil = 4, baud = 19200"), "relay baud"),
        (relay('profile = "lctek"'), r"doors\[0\].relay.profile: one of waveshare, lctech"),
        (relay("unit = 255"), r"doors\[0\].relay.unit: a number from 1 to 247"),
        (
            relay('profile = "lctech"').replace("coil = 3", "coil = 8"),
            r"doors\[0\].relay.coil: a number from 0 to 7",
        ),
        (
            relay('profile = "lctech"') + "contact = { input = 8 }",
            r"doors\[0\].contact.input: a number from 0 to 7",
        ),
        (GOOD + "signals = 1", r"doors\[0\].signals: a list of tables"),
        (GOOD + "signals = [{ coil = 1 }]", r"doors\[0\].signals\[0\].on: one of granted, refused"),
        (signal('on = "open", coil = 1'), r"doors\[0\].signals\[0\].on: one of granted, refused"),
        (signal('on = "refused"'), r"doors\[0\].signals\[0\].coil: a number from 0 to 255"),
        (signal('on = "alarm", coil = 1, ms = 0'), r"signals\[0\].ms: a number from 100 to 60000"),
        (signal('on = "refused", coil = 3'), "same coil as strike and as signal"),
        (
            SECOND_GOOD + 'signals = [{ on = "granted", coil = 3 }]',
            "same coil as strike and as signal",
        ),
        (signal('on = "granted", coil = 1, profile = "lctech"'), "same board profile"),
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


@pytest.mark.parametrize("file", ["journal.sqlite", "../zone-bridge/reserve"])
def test_the_figures_replace_no_file_of_the_bridge(tmp_path: Path, file: str) -> None:
    path = write_settings(tmp_path, f'metrics = "/var/lib/zone-bridge/{file}"\n{GOOD}')
    with pytest.raises(ConfigError, match="metrics"):
        load(path)


@pytest.mark.parametrize(
    "given", [["enrol", "--scan", "--token", "x"], ["run", "--token", "x"], ["doctor", "--scan"]]
)
def test_how_to_enrol_goes_with_enrol_and_is_one_of_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*given, "--config", str(write_settings(tmp_path, GOOD))])
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
    if table is config.ReaderSettings:
        return {f"{prefix}{name}" for name in ("port", *config.READER_SETTINGS)}
    for item in fields(table):
        names.add(prefix + item.name)
        inner = {
            "doors": config.DoorSettings,
            "reader": config.ReaderSettings,
            "relay": config.RelaySettings,
            "signals": config.SignalSettings,
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


def test_a_profile_is_the_default_of_each_field(tmp_path: Path) -> None:
    path = write_settings(tmp_path, reader('profile = "zebra-ssi"'))
    assert load(path).doors[0].reader.profile == PROFILES["zebra-ssi"]


def test_each_field_of_a_profile_can_be_set_otherwise(tmp_path: Path) -> None:
    more = (
        'profile = "honeywell", baud = 9600, parity = "even", prefix = "\\u0002s", '
        'suffix = "#\\t", gap_ms = 120, trigger = "\\u00fe", feedback = true, '
        'granted = "\\u001b4,", refused = "", same_code_ms = 700'
    )
    profile = load(write_settings(tmp_path, reader(more))).doors[0].reader.profile
    assert profile == replace(
        PROFILES["honeywell"],
        baud=9600,
        parity="even",
        prefix=b"\x02s",
        suffix=b"#\t",
        gap_ms=120,
        trigger=b"\xfe",
        triggered=True,
        granted=(b"\x1b4,",),
        refused=(),
        shows=True,
        same_code_ms=700,
    )


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_profile_that_nobody_knows_is_named_with_those_that_there_are(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_settings(tmp_path, reader('profile = "symbol"'))
    assert main([command, "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Settings: doors[0].reader.profile: one of generic, ")
    assert "zebra-ssi" in said


def test_a_board_has_what_its_profile_says_unless_it_is_set(tmp_path: Path) -> None:
    text = relay('profile = "lctech"') + "contact = {}\n"
    [door] = load(write_settings(tmp_path, text)).doors
    lctech = BOARDS["lctech"]
    assert door.relay == config.RelaySettings("/dev/relay", lctech, 9600, 255, 3)
    assert door.contact == config.InputSettings("/dev/relay", lctech, 9600, 255, 0, False)


def test_lamps_are_on_the_relay_s_board_and_a_green_one_lasts_as_long_as_the_strike(
    tmp_path: Path,
) -> None:
    signals = """signals = [
  { on = "granted", coil = 1 },
  { on = "refused", coil = 2, ms = 300 },
  { on = "alarm", port = "/dev/lamps", profile = "lctech", unit = 7, coil = 0 },
]"""
    [door] = load(write_settings(tmp_path, GOOD + signals)).doors
    port, lctech = door.relay.port, BOARDS["lctech"]
    assert door.signals == (
        config.SignalSettings(port, WAVESHARE, 9600, 1, 1, "granted", 0),
        config.SignalSettings(port, WAVESHARE, 9600, 1, 2, "refused", 300),
        config.SignalSettings("/dev/lamps", lctech, 9600, 7, 0, "alarm", 1000),
    )


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize("more", ["", "unit = 1"])
def test_a_board_that_cannot_end_its_pulse_is_refused_with_the_reason(
    command: str, more: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = relay(f'profile = "lcus", {more}'.rstrip(", "))
    assert main([command, "--config", str(write_settings(tmp_path, text))]) == 2
    said = capsys.readouterr().err
    for part in ("doors[0].relay.profile", "leave the door open", "answer nothing", "waveshare"):
        assert part in said


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
    assert door.contact == config.InputSettings(
        relay.port, WAVESHARE, relay.baud, relay.unit, 3, True
    )
    assert door.exit == config.InputSettings("/dev/other", WAVESHARE, relay.baud, 9, 4, False)


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
    page = (ROOT / "docs" / "bridge.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    path = tmp_path / "bridge.toml"
    relays = []
    for text in blocks:
        if text.startswith("data = "):
            path.write_text(text)
            relays.append(config.load(path).doors[0].relay.port)
    assert relays == ["/home/you/devices/relay", "/dev/zone/port-rs485"]


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
