"""Settings of one site's bridge, read once from a TOML file.

    data = "/var/lib/zone-bridge"            # journal and roster
    server = "https://zone.example"          # without it: where the box was enrolled
    poll_seconds = 1                         # pause between requests for changes and commands

    [[doors]]
    door = "0e6f0c3e-0b8e-4a39-9d15-6a3a4a1f6c11"
    reader = { port = "/dev/zone/port-scanner", baud = 115200 }
    relay = { port = "/dev/ttyUSB0", baud = 9600, unit = 1, coil = 0 }
    contact = { input = 0 }                  # on the relay's board, unless port or unit are set
    exit = { input = 1 }
    signals = [{ on = "granted", coil = 1 }] # a green lamp

Further: `fire = { input = 5 }`, the contact of a fire alarm panel; `metrics`, a file of figures for
Prometheus; and `interlocks`, groups of doors of which one is open at a time:
`interlocks = [["0e6f0c3e-…", "8a1d2b0c-…"]]`.

An unknown key is an error, so that a misspelt setting does not silently keep its default.
"""

import ipaddress
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from firmware_bridge.config_table import ConfigError, SettingsTable
from firmware_bridge.devices.board_profiles import BOARDS, REFUSED, WAVESHARE, BoardProfile
from firmware_bridge.devices.reader_profiles import GENERIC, PARITIES, PROFILES, ReaderProfile
from firmware_bridge.door.signals import Occasion
from firmware_bridge.wire.token import PREFIX

# What a lamp or buzzer can tell of, and for how many ms unless it is set: an alarm is told again
# and again while it lasts.
SIGNALS: Final[Mapping[Occasion, int]] = {"granted": 0, "refused": 1500, "alarm": 1000}
BAUDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


# Of a reader's table, besides `port`: the profile, and what may differ from it.
READER_SETTINGS: Final = (
    "profile",
    "baud",
    "parity",
    "prefix",
    "suffix",
    "gap_ms",
    "trigger",
    "feedback",
    "granted",
    "refused",
    "same_code_ms",
)


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """A scanner on a serial line; its profile with what the settings change in it."""

    port: str
    profile: ReaderProfile


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """One coil of a Modbus RTU relay board. Doors may share a board and so its port."""

    port: str
    profile: BoardProfile = WAVESHARE
    baud: int = 9600
    unit: int = 1
    coil: int = 0


@dataclass(frozen=True, slots=True)
class InputSettings:
    """One input of a board. A closed circuit means that the door is shut, or the button pressed.

    `inverted`: an open one does.
    """

    port: str
    profile: BoardProfile
    baud: int
    unit: int
    input: int
    inverted: bool


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """A lamp or a buzzer at a door: one coil of a board, and what it tells of.

    `ms`: for how long; 0: for as long as the strike holds.
    """

    port: str
    profile: BoardProfile
    baud: int
    unit: int
    coil: int
    on: Occasion
    ms: int


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What is wired to one door; `door` is its UUID at the server."""

    door: str
    reader: ReaderSettings
    relay: RelaySettings
    contact: InputSettings | None = None
    exit: InputSettings | None = None
    signals: tuple[SignalSettings, ...] = ()

    @property
    def inputs(self) -> tuple[InputSettings, ...]:
        """The inputs that are wired."""
        return tuple(one for one in (self.contact, self.exit) if one is not None)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a bridge. `server` is an origin without a path; None: that of its enrolment.

    `poll_seconds` is the pause between two requests for changes; a remote door command waits as
    long. `fire` is the contact of a fire alarm panel, `metrics` the file for Prometheus.
    `interlocks` are groups of doors, by their UUIDs, of which one is open at a time.
    """

    data: Path
    server: str | None
    doors: tuple[DoorSettings, ...]
    poll_seconds: float = 1.0
    fire: InputSettings | None = None
    metrics: Path | None = None
    interlocks: tuple[frozenset[str], ...] = ()


def load(path: Path) -> Config:
    """Read the settings from a TOML file.

    Raises:
        ConfigError: the file cannot be read, or a setting is missing, unknown or out of range.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    config = _config(raw)
    _refuse_shared_ports(config)
    # The file is replaced every ten seconds, and removed at the end: never the journal.
    if config.metrics is not None and config.data.resolve() in config.metrics.resolve().parents:
        raise ConfigError("metrics: a file outside the folder of `data` is needed")
    return config


def _config(raw: Mapping[str, Any]) -> Config:
    known = {"data", "server", "doors", "poll_seconds", "fire", "metrics", "interlocks"}
    table = SettingsTable(raw, "", known)
    doors = raw.get("doors")
    if not isinstance(doors, list) or not doors:
        raise ConfigError("doors: at least one [[doors]] table is needed")
    wired = tuple(_door(door, f"doors[{number}]") for number, door in enumerate(doors))
    return Config(
        data=Path(table.text("data")),
        server=table.checked("server", read_origin) if "server" in raw else None,
        doors=wired,
        poll_seconds=table.number("poll_seconds", 1.0, 0.05, 3600.0),
        metrics=Path(table.text("metrics")) if "metrics" in raw else None,
        fire=_input(raw.get("fire"), "fire", wired[0].relay),
        interlocks=_interlocks(raw.get("interlocks", []), wired),
    )


def _interlocks(raw: object, wired: Sequence[DoorSettings]) -> tuple[frozenset[str], ...]:
    contacts = {door.door for door in wired if door.contact is not None}
    groups = []
    for group in raw if isinstance(raw, list) else [raw]:
        if not isinstance(group, list) or len(group) < 2:
            raise ConfigError("interlocks: lists of at least two doors are needed")
        names = [str(name).lower() for name in group]
        if unknown := set(names) - contacts:
            raise ConfigError(f"interlocks: {min(unknown)} is no door here with a contact")
        # A door named twice, in one group or in two, leaves none for the second time.
        contacts -= set(names)
        if len(set(names)) < len(names):
            raise ConfigError(f"interlocks: {names[0]}: a door is named twice")
        groups.append(frozenset(names))
    return tuple(groups)


def _door(raw: object, where: str) -> DoorSettings:
    table = SettingsTable(raw, where, {"door", "reader", "relay", "contact", "exit", "signals"})
    known = {"port", "profile", "baud", "unit", "coil"}
    relay = SettingsTable(table.raw.get("relay"), f"{where}.relay", known)
    profile = _board_profile(relay, WAVESHARE)
    board = RelaySettings(
        relay.text("port"),
        profile,
        relay.one_of("baud", profile.baud, BAUDS),
        relay.whole("unit", profile.unit, 1, profile.last_unit),
        relay.whole("coil", 0, 0, _last(profile, 255)),
    )
    return DoorSettings(
        door=table.checked("door", lambda value: str(uuid.UUID(value))),
        reader=_reader(table.raw.get("reader"), f"{where}.reader"),
        relay=board,
        contact=_input(table.raw.get("contact"), f"{where}.contact", board),
        exit=_input(table.raw.get("exit"), f"{where}.exit", board),
        signals=_signals(table.raw.get("signals", []), f"{where}.signals", board),
    )


def _last(profile: BoardProfile, most: int) -> int:
    """The number of the last coil or input of a board, counted from 0."""
    return profile.read_at_once - 1 if profile.read_at_once else most


def _board_profile(table: SettingsTable, default: BoardProfile) -> BoardProfile:
    name = table.raw.get("profile")
    if isinstance(name, str) and name in REFUSED:
        raise table.error("profile", f"{REFUSED[name]}{', '.join(BOARDS)}")
    return BOARDS[table.one_of("profile", default.name, tuple(BOARDS))]


def _reader(raw: object, where: str) -> ReaderSettings:
    table = SettingsTable(raw, where, {"port", *READER_SETTINGS})
    base = PROFILES[table.one_of("profile", GENERIC.name, tuple(PROFILES))]
    trigger, triggered = _trigger(table, base)
    profile = replace(
        base,
        baud=table.one_of("baud", base.baud, BAUDS),
        parity=table.one_of("parity", base.parity, PARITIES),
        prefix=_prefix(table, base.prefix),
        suffix=table.characters("suffix", base.suffix),
        gap_ms=table.whole("gap_ms", base.gap_ms, 10, 2000),
        trigger=trigger,
        triggered=triggered,
        granted=_frames(table, "granted", base.granted),
        refused=_frames(table, "refused", base.refused),
        shows=table.flag("feedback", base.shows),
        same_code_ms=table.whole("same_code_ms", base.same_code_ms, 0, 10_000),
    )
    if profile.shows and not profile.granted + profile.refused:
        raise table.error("feedback", f"{base.name} has no command for it: set `granted`")
    return ReaderSettings(table.text("port"), profile)


def _trigger(table: SettingsTable, base: ReaderProfile) -> tuple[bytes, bool]:
    """What makes the scanner read, and whether it is sent: a text is, and `true` the profile's."""
    if isinstance(table.raw.get("trigger"), str):
        return table.characters("trigger", b""), True
    triggered = table.flag("trigger", base.triggered)
    if triggered and not base.trigger:
        raise table.error("trigger", f"{base.name} has no command for it: write it as a text")
    return base.trigger, triggered


def _frames(table: SettingsTable, name: str, default: tuple[bytes, ...]) -> tuple[bytes, ...]:
    frame = table.characters(name, b"")
    return default if name not in table.raw else (frame,) if frame else ()


def _prefix(table: SettingsTable, default: bytes) -> bytes:
    prefix, code = table.characters("prefix", default), PREFIX.encode()
    # Taken off, it would take a part of the code along.
    if prefix and (code.startswith(prefix) or prefix.startswith(code)):
        raise table.error("prefix", f"each code begins with {PREFIX}: it is nothing that is added")
    return prefix


def _input(raw: object, where: str, board: RelaySettings) -> InputSettings | None:
    """Read an input; on the board of this relay unless it says otherwise."""
    if raw is None:
        return None
    table = SettingsTable(raw, where, {*_PLACE, "input", "inverted"})
    port, profile, baud, unit = _board(table, board)
    number = table.whole("input", 0, 0, _last(profile, 63))
    return InputSettings(port, profile, baud, unit, number, table.flag("inverted", False))


def _signals(raw: object, where: str, board: RelaySettings) -> tuple[SignalSettings, ...]:
    if not isinstance(raw, list):
        raise ConfigError(f"{where}: a list of tables is needed")
    return tuple(_signal(one, f"{where}[{number}]", board) for number, one in enumerate(raw))


def _signal(raw: object, where: str, board: RelaySettings) -> SignalSettings:
    """Read a lamp or buzzer; on the board of this relay unless it says otherwise."""
    table = SettingsTable(raw, where, {*_PLACE, "coil", "on", "ms"})
    if "on" not in table.raw:
        raise table.error("on", f"one of {', '.join(SIGNALS)} is needed")
    on = table.one_of("on", "granted", tuple(SIGNALS))
    port, profile, baud, unit = _board(table, board)
    coil = table.whole("coil", -1, 0, _last(profile, 255))
    ms = table.whole("ms", SIGNALS[on], 0 if on == "granted" else 100, 60_000)
    return SignalSettings(port, profile, baud, unit, coil, on, ms)


_PLACE: Final = ("port", "profile", "baud", "unit")


def _board(table: SettingsTable, relay: RelaySettings) -> tuple[str, BoardProfile, int, int]:
    """Read on which board something is: that of the relay, unless it says otherwise."""
    profile = _board_profile(table, relay.profile)
    return (
        table.text("port") if "port" in table.raw else relay.port,
        profile,
        table.one_of("baud", relay.baud, BAUDS),
        table.whole("unit", relay.unit, 1, profile.last_unit),
    )


def read_origin(value: str) -> str:
    """The origin of a server.

    Raises:
        ValueError: it is none, or its connection would not be encrypted.
    """
    parts = urlsplit(value)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.path not in ("", "/")
        or parts.query
    ):
        raise ValueError("an origin such as https://zone.example is needed")
    if parts.scheme == "http" and not _is_this_computer(parts.hostname):
        raise ValueError("https is needed: without it anybody on the network can change the roster")
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_shared_ports(config: Config) -> None:
    """Raise ConfigError when two doors share a reader or a coil, or give one port two speeds."""
    readers = [door.reader.port for door in config.doors]
    coils = [(door.relay.port, door.relay.unit, door.relay.coil) for door in config.doors]
    contacts = [_place(door.contact) for door in config.doors if door.contact is not None]
    buttons = {_place(door.exit) for door in config.doors if door.exit is not None}
    speeds = {(door.relay.port, door.relay.baud) for door in config.doors}
    others: list[InputSettings | SignalSettings] = []
    for door in config.doors:
        others += [*door.inputs, *door.signals]
    others += [config.fire] if config.fire is not None else []
    speeds |= {(one.port, one.baud) for one in others}
    boards = [*(door.relay for door in config.doors), *others]
    profiles = {(one.port, one.unit, one.profile.name) for one in boards}
    lamps = {(one.port, one.unit, one.coil) for door in config.doors for one in door.signals}
    relays = {port for port, _ in speeds}
    for what, taken_twice in (
        ("door", len({door.door for door in config.doors}) < len(config.doors)),
        ("reader port", len(set(readers)) < len(readers) or bool(relays & set(readers))),
        ("relay coil", len(set(coils)) < len(coils)),
        ("contact", len(set(contacts)) < len(contacts)),
        # Doors may share a button, but a contact that is one would excuse each break-in.
        ("input as contact and as exit", bool(buttons & set(contacts))),
        ("relay baud", len(relays) < len(speeds)),
        ("board profile", len({place[:2] for place in profiles}) < len(profiles)),
        # It would open the door to show that it is shut.
        ("coil as strike and as signal", bool(lamps & set(coils))),
    ):
        if taken_twice:
            raise ConfigError(f"doors: the same {what} is named twice, or differently")


def _place(wired: InputSettings) -> tuple[str, int, int]:
    return wired.port, wired.unit, wired.input
