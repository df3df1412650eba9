"""The part of `zone-bridge doctor` that looks at the names of ports and folders in the settings."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from firmware_bridge.config import Config
from firmware_bridge.doctor_reader import BoxFinding
from firmware_bridge.port_names import lasting_name, may_change

INSTALL_RULES: Final = (
    "Install the rules that `zone-bridge rules` prints, plug it in again, and set `port` to its "
    "name below /dev/zone."
)
WHOLE_PATH: Final = "Write its whole path, from / on: the service starts in another folder."


def check_names(config: Config) -> Iterator[BoxFinding]:
    """Find the names that mean something else after the next start, or from another folder."""
    readers = {door.reader.port for door in config.doors}
    boards = _ports_of_boards(config)
    for port in sorted(readers | boards):
        if not Path(port).is_absolute():
            yield BoxFinding(False, f"{port} is no whole path", WHOLE_PATH)
        if may_change(port):
            lasting = lasting_name(port)
            step = f"Set `port` to {lasting}." if lasting else INSTALL_RULES
            yield BoxFinding(False, f"{port} may be another device after the next start", step)
    for path in (config.data, *([config.metrics] if config.metrics is not None else [])):
        if not path.is_absolute():
            yield BoxFinding(False, f"{path} is no whole path", WHOLE_PATH)
    yield from _check_same(readers, boards)


def _check_same(readers: set[str], boards: set[str]) -> Iterator[BoxFinding]:
    """Find devices with two names: whichever is opened first keeps it from the other."""
    named: dict[str, list[str]] = defaultdict(list)
    for port in sorted(readers | boards):
        named[os.path.realpath(port)].append(port)
    for names in named.values():
        if len(names) == 1:
            continue
        what = f"{' and '.join(names)} are the same device"
        if readers.isdisjoint(names):
            step = f"Boards share a line under one name: write {names[0]} for each."
        else:
            step = "A reader needs a port of its own: one of the two is plugged in elsewhere."
        yield BoxFinding(False, what, step)


def _ports_of_boards(config: Config) -> set[str]:
    ports = {door.relay.port for door in config.doors}
    ports |= {wired.port for door in config.doors for wired in door.inputs}
    ports |= {lamp.port for door in config.doors for lamp in door.signals}
    return ports | ({config.fire.port} if config.fire is not None else set())
