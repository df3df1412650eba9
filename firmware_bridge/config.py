"""Settings of one site's bridge, read once from a TOML file.

    data = "/var/lib/zone-bridge"            # journal and roster
    server = "https://zone.example"
    poll_seconds = 1                         # pause between requests for changes and commands

    [[doors]]
    door = "0e6f0c3e-0b8e-4a39-9d15-6a3a4a1f6c11"
    reader = { port = "/dev/zone/port-scanner", baud = 115200 }
    relay = { port = "/dev/ttyUSB0", baud = 9600, unit = 1, coil = 0 }
    contact = { input = 0 }                  # on the relay's board, unless port or unit are set
    exit = { input = 1 }

Further: `fire = { input = 5 }`, the contact of a fire alarm panel; `metrics`, a file of figures for
Prometheus; and `interlocks`, groups of doors of which one is open at a time:
`interlocks = [["0e6f0c3e-…", "8a1d2b0c-…"]]`.

An unknown key is an error, so that a misspelt setting does not silently keep its default.
"""

import ipaddress
import tomllib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

BAUDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


class ConfigError(Exception):
    """The settings are unusable; the text names the setting and says why."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """A scanner on a serial line."""

    port: str
    baud: int = 115200


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """One coil of a Modbus RTU relay board. Doors may share a board and so its port."""

    port: str
    baud: int = 9600
    unit: int = 1
    coil: int = 0


@dataclass(frozen=True, slots=True)
class InputSettings:
    """One input of a board. A closed circuit means that the door is shut, or the button pressed.

    `inverted`: an open one does.
    """

    port: str
    baud: int
    unit: int
    input: int
    inverted: bool


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What is wired to one door; `door` is its UUID at the server."""

    door: str
    reader: ReaderSettings
    relay: RelaySettings
    contact: InputSettings | None = None
    exit: InputSettings | None = None

    @property
    def inputs(self) -> tuple[InputSettings, ...]:
        """The inputs that are wired."""
        return tuple(one for one in (self.contact, self.exit) if one is not None)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a bridge. `server` is an origin without a path.

    `poll_seconds` is the pause between two requests for changes; a remote door command waits as
    long. `fire` is the contact of a fire alarm panel, `metrics` the file for Prometheus.
    `interlocks` are groups of doors, by their UUIDs, of which one is open at a time.
    """

    data: Path
    server: str
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
    return config


def _config(raw: Mapping[str, Any]) -> Config:
    table = _Table(
        raw, "", {"data", "server", "doors", "poll_seconds", "fire", "metrics", "interlocks"}
    )
    doors = raw.get("doors")
    if not isinstance(doors, list) or not doors:
        raise ConfigError("doors: at least one [[doors]] table is needed")
    wired = tuple(_door(door, f"doors[{number}]") for number, door in enumerate(doors))
    return Config(
        data=Path(table.text("data")),
        server=table.checked("server", _origin),
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
    table = _Table(raw, where, {"door", "reader", "relay", "contact", "exit"})
    reader = _Table(table.raw.get("reader"), f"{where}.reader", {"port", "baud"})
    relay = _Table(table.raw.get("relay"), f"{where}.relay", {"port", "baud", "unit", "coil"})
    board = RelaySettings(
        relay.text("port"),
        relay.baud(9600),
        relay.whole("unit", 1, 1, 247),
        relay.whole("coil", 0, 0, 255),
    )
    return DoorSettings(
        door=table.checked("door", lambda value: str(uuid.UUID(value))),
        reader=ReaderSettings(reader.text("port"), reader.baud(115200)),
        relay=board,
        contact=_input(table.raw.get("contact"), f"{where}.contact", board),
        exit=_input(table.raw.get("exit"), f"{where}.exit", board),
    )


def _input(raw: object, where: str, board: RelaySettings) -> InputSettings | None:
    """Read an input; on the board of this relay unless it says otherwise."""
    if raw is None:
        return None
    table = _Table(raw, where, {"port", "baud", "unit", "input", "inverted"})
    return InputSettings(
        table.text("port") if "port" in table.raw else board.port,
        table.baud(board.baud),
        table.whole("unit", board.unit, 1, 247),
        table.whole("input", 0, 0, 63),
        table.flag("inverted", False),
    )


class _Table:
    """One TOML table and its path for error messages. Each method reads one setting."""

    def __init__(self, raw: object, where: str, known: set[str]) -> None:
        if not isinstance(raw, Mapping):
            raise ConfigError(f"{where}: a table is needed")
        unknown = sorted(set(raw) - known)
        self.raw, self._prefix = raw, f"{where}." if where else ""
        if unknown:
            raise ConfigError(
                f"{self._prefix}{unknown[0]}: no such setting (known: {', '.join(sorted(known))})"
            )

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{self._prefix}{name}: a text is needed")
        return value

    def checked(self, name: str, read: Callable[[str], str]) -> str:
        try:
            return read(self.text(name))
        except ValueError as error:
            raise ConfigError(f"{self._prefix}{name}: {error}") from error

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.raw.get(name, default)
        # TOML has true and false, and in Python they are ints.
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not least <= value <= most
        ):
            raise ConfigError(f"{self._prefix}{name}: a number from {least} to {most} is needed")
        return float(value)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.number(name, default, least, most)
        if value != int(value):
            raise ConfigError(f"{self._prefix}{name}: a whole number is needed")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.raw.get(name, default)
        if not isinstance(value, bool):
            raise ConfigError(f"{self._prefix}{name}: true or false is needed")
        return value

    def baud(self, default: int) -> int:
        value = self.raw.get("baud", default)
        if value not in BAUDS:
            raise ConfigError(f"{self._prefix}baud: one of {', '.join(map(str, BAUDS))} is needed")
        return int(value)


def _origin(value: str) -> str:
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
    inputs = [one for door in config.doors for one in door.inputs]
    inputs += [config.fire] if config.fire is not None else []
    speeds |= {(one.port, one.baud) for one in inputs}
    relays = {port for port, _ in speeds}
    for what, taken_twice in (
        ("door", len({door.door for door in config.doors}) < len(config.doors)),
        ("reader port", len(set(readers)) < len(readers) or bool(relays & set(readers))),
        ("relay coil", len(set(coils)) < len(coils)),
        ("contact", len(set(contacts)) < len(contacts)),
        # Doors may share a button, but a contact that is one would excuse each break-in.
        ("input as contact and as exit", bool(buttons & set(contacts))),
        ("relay baud", len(relays) < len(speeds)),
    ):
        if taken_twice:
            raise ConfigError(f"doors: the same {what} is named twice, or differently")


def _place(wired: InputSettings) -> tuple[str, int, int]:
    return wired.port, wired.unit, wired.input
