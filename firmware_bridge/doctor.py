"""`zone-bridge doctor`: is everything wired and set as the settings say? It says what to do.

It opens the ports itself, so the bridge must not run meanwhile.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.config import (
    BAUDS,
    Config,
    DoorSettings,
    InputSettings,
    RelaySettings,
    SignalSettings,
)
from firmware_bridge.devices.board_profiles import BOARDS
from firmware_bridge.devices.outputs import STUCK, RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.pulse_ends import END_SECONDS, SLOWEST_CLOCK
from firmware_bridge.doctor_ports import check_names
from firmware_bridge.doctor_reader import BoxFinding, Confirm, check_reader, port_step
from firmware_bridge.door.runner import StrikeFault
from firmware_bridge.store.box import CopiedFolder, check_box
from firmware_bridge.store.chain import ChainBroken, ChainLink, find_difference
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.channel import Channel, ServerError
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import server_of
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.sync.sign_on import JournalKeys, SignOn
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.signature import fingerprint

TIMEOUT: Final = 5.0
# 100 MB hold more entries than a box is made for, and the server's roster.
ROOM_BYTES: Final = 100_000_000
CLOCK_SECONDS: Final = 5.0
PULSE_MS: Final = 1000
# Boards have their address from a switch with a few positions, or 1 from the factory.
LIKELY_UNITS: Final = tuple(range(1, 9))

PROFILE_STEP: Final = f"Set `profile` to the family of the board: {', '.join(BOARDS)}."
CHAIN_STEP: Final = (
    "Find out who had access to the box. The server keeps what it got; replace the bridge if you "
    "are in doubt."
)
NO_INPUTS: Final = "Use a board with inputs that Modbus function 02 reads; check `unit` and `port`."


def examine(config: Config, confirm: Confirm | None) -> Iterator[BoxFinding]:
    """Check the box; without `confirm` nothing is asked, scanned or opened."""
    journal = Journal(config.data)
    # By the door's UUID. With several doors a person has to know at which one something is tried.
    names = {door.door: door.door for door in config.doors}
    try:
        yield from _check_folder(config, journal)
        yield from _check_server(config, journal, names)
    finally:
        journal.close()
    yield from check_names(config)
    for door in config.doors:
        yield from check_reader(door.reader, names[door.door], confirm)
    yield from _check_boards(config, names, confirm)
    for door in config.doors:
        yield from _check_inputs(door, names[door.door], confirm)
    if config.fire is not None:
        yield _check_fire(config.fire)
    if config.metrics is not None:
        yield _check_metrics(config.metrics)


def _check_folder(config: Config, journal: Journal) -> Iterator[BoxFinding]:
    free = shutil.disk_usage(config.data).free
    step = "Free space there, or set `data` to another disk."
    yield BoxFinding(free >= ROOM_BYTES, f"{config.data}: {free // 1_000_000} MB free", step)
    try:
        check_box(journal, config.data)
    except CopiedFolder as error:
        yield BoxFinding(False, "the data folder is another box's", str(error))
    try:
        count = journal.verify_chain()
    except (ChainBroken, sqlite3.DatabaseError) as error:
        yield BoxFinding(False, f"journal: {error}", CHAIN_STEP)
    else:
        yield BoxFinding(True, f"journal: {count} entries, each follows from the one before it")


def _check_server(config: Config, journal: Journal, names: dict[str, str]) -> Iterator[BoxFinding]:
    """Check what the server knows of this bridge; put the names of its doors into `names`."""
    identity = journal.identity()
    if identity is None:
        yield BoxFinding(
            False,
            "not enrolled",
            "Run zone-bridge enrol with a code of the page Doors and bridges.",
        )
        return
    clock, address = Clock(journal.last_trusted_time()), server_of(config, journal)
    system, channel = clock.system(), Channel(address, TIMEOUT)
    keys = ServerKeys(journal, identity.bridge)
    sign_on = SignOn(identity.bridge, JournalKeys(journal), clock, keys=keys)
    server = Server(channel, sign_on, lambda up: None)
    try:
        # With what waits: without it the server would think that it has everything, and take
        # people for absent whose entries are still here.
        asked = f"/changes?after=0&epoch=&site_digest=&waiting={journal.waiting()}"
        changes = Changes.from_json(server.call("GET", asked))
        difference = find_difference(journal.links(), _stored_links(server, changes))
    except (ServerError, MessageError) as error:
        yield BoxFinding(
            False,
            f"{address}: {error}",
            "Check the network and `server`. A bridge that the server does not know was revoked: "
            "enrol a new one.",
        )
        return
    finally:
        server.close()
    yield BoxFinding(True, f"{address} knows this bridge")
    yield _judge_keys(keys)
    if difference is not None:
        yield BoxFinding(False, f"journal: {difference}", CHAIN_STEP)
    off = system - clock.now()
    step = "Give the computer a time server and a clock with a battery."
    yield BoxFinding(abs(off) <= CLOCK_SECONDS, f"the clock is {round(off):+d} s off", step)
    known = {door.door: door.name for door in changes.site.doors} if changes.site else {}
    names.update(known)
    for number, door in enumerate(config.doors):
        yield BoxFinding(
            door.door in known,
            f"doors[{number}]: {known.get(door.door, door.door)}",
            "The server gives this bridge no such door: compare the id, or give the door to this "
            "bridge on the page Doors and bridges.",
        )


def _stored_links(server: Server, changes: Changes) -> list[ChainLink]:
    """The entries that the server has of this bridge; none from an older server."""
    links: list[ChainLink] = []
    while changes.stored is not None and (not links or links[-1].seq < changes.stored.seq):
        after = links[-1].seq if links else 0
        page = fields.items(
            fields.mapping(server.call("GET", f"/chain?after={after}"), "chain"), "rows"
        )
        links += [ChainLink(*_link(row)) for row in page]
        if not page:
            break
    return links


def _link(raw: object) -> tuple[int, str, bytes | None]:
    row = fields.mapping(raw, "row")
    head = None if row.get("head") is None else fields.hexadecimal(row, "head", 32)
    return fields.whole(row, "seq", 1, 2**53), fields.text(row, "uuid"), head


def _judge_keys(keys: ServerKeys) -> BoxFinding:
    pinned = [f"{number}: {fingerprint(key)}" for number, key in keys.pinned().items()]
    if not pinned:
        return BoxFinding(True, "the server is too old to sign what it sends")
    return BoxFinding(True, f"the server signs what it sends; its keys: {', '.join(pinned)}")


def _check_boards(
    config: Config, names: Mapping[str, str], confirm: Confirm | None
) -> Iterator[BoxFinding]:
    for door in config.doors:
        relay, place = door.relay, names[door.door]
        name = f"board {relay.unit} on {relay.port}, coil {relay.coil}"
        lost: list[str] = []
        line = RelayLine(SerialLink(relay.port, relay.baud, partial(_note, lost)))
        coil = line.coil(relay.unit, relay.coil, profile=relay.profile)
        line.check()
        line.close()
        if lost:
            yield BoxFinding(False, f"{name}: {lost[0]}", port_step())
        elif not coil.works:
            yield BoxFinding(False, f"{name} does not answer", _where_is_it(door, config))
        elif confirm is not None and confirm(f"Open the door {place} ({name}) for a second?"):
            yield _pulse(door, name, place, confirm)
        else:
            yield BoxFinding(True, f"{name} answers")
        if confirm is not None:
            for lamp in door.signals:
                yield _light(lamp, confirm)


def _note(lost: list[str], up: bool, why: str) -> None:
    if not up:
        lost.append(why)


def _pulse(door: DoorSettings, name: str, place: str, confirm: Confirm) -> BoxFinding:
    relay, line = door.relay, _line(door.relay)
    coil = line.coil(relay.unit, relay.coil, profile=relay.profile)
    try:
        coil.strike(PULSE_MS)
        clicked = confirm(f"Did the lock of {place} click?")
        time.sleep(PULSE_MS / 1000 * SLOWEST_CLOCK + END_SECONDS)
        line.check_ends()
    except StrikeFault as error:
        return BoxFinding(False, f"{name}: {error}", _step_for(str(error)))
    finally:
        line.close()
    if not coil.works:
        return BoxFinding(False, f"{name}: {STUCK}", f"Do not use it so. {PROFILE_STEP}")
    step = (
        "Check the strike's power supply and its wires to the board's normally open contact. If "
        "another door clicked: the two have each other's `relay`."
    )
    return BoxFinding(clicked, f"{name} opens the door {place}", step)


def _step_for(fault: str) -> str:
    return PROFILE_STEP if "refused" in fault else "Check the power of the board and its wiring."


def _light(lamp: SignalSettings, confirm: Confirm) -> BoxFinding:
    name = f"signal for {lamp.on} at coil {lamp.coil} of board {lamp.unit} on {lamp.port}"
    line = _line(lamp)
    line.use_profile(lamp.unit, lamp.profile)
    try:
        fault = line.light(lamp.unit, lamp.coil, lamp.ms or PULSE_MS)
    finally:
        line.close()
    if fault:
        return BoxFinding(False, f"{name}: {fault}", _step_for(fault))
    step = "Check its power supply and its wires, and `coil`."
    return BoxFinding(confirm(f"Did the {name} show?"), f"{name} shows", step)


def _line(board: RelaySettings | InputSettings | SignalSettings) -> RelayLine:
    return RelayLine(SerialLink(board.port, board.baud, lambda up, why: None))


def _check_inputs(door: DoorSettings, place: str, confirm: Confirm | None) -> Iterator[BoxFinding]:
    if (contact := door.contact) is not None:
        yield _check_input(contact, _CONTACT, place, confirm)
    if (button := door.exit) is not None:
        yield _check_input(button, _BUTTON, place, confirm)


def _read_input(wired: InputSettings) -> bool | None:
    """Whether the circuit of an input is closed; None: the board does not answer."""
    line = _line(wired)
    line.use_profile(wired.unit, wired.profile)
    try:
        states = line.inputs(wired.unit, wired.input + 1)
    finally:
        line.close()
    return None if states is None else states[wired.input]


@dataclass(frozen=True, slots=True)
class _Wired:
    """How an input is tried: what to do at the door, and how its two states are called.

    `ask` names the door as {door}. `first` and `then`: the order in which a person brings about the
    states, of which the circuit is closed in the first unless `inverted`, or in the second.
    """

    name: str
    ask: tuple[str, str]
    states: tuple[str, str]
    closed_first: bool


_CONTACT: Final = _Wired(
    "contact",
    (
        "Shut the door {door}, and then answer. Is it shut?",
        "Open the door {door}, and then answer. Is it open?",
    ),
    ("the door is shut", "the door is open"),
    closed_first=True,
)
_BUTTON: Final = _Wired(
    "exit button",
    (
        "Leave the exit button of {door} alone, and then answer. Is it released?",
        "Hold the exit button of {door} down, and then answer. Is it down?",
    ),
    ("not pressed", "pressed"),
    closed_first=False,
)


def _check_input(
    wired: InputSettings, tried: _Wired, place: str, confirm: Confirm | None
) -> BoxFinding:
    """Read an input; with a person at the door in both of its states."""
    name = f"{tried.name} at input {wired.input} of board {wired.unit}"
    read: list[bool] = []
    for question in tried.ask if confirm is not None else tried.ask[:1]:
        if confirm is not None and not confirm(question.replace("{door}", place)):
            return BoxFinding(False, f"{name}: not tried", "Run the doctor again, and try it.")
        closed = _read_input(wired)
        if closed is None:
            return BoxFinding(False, f"{name}: no answer", NO_INPUTS)
        # Whether it shows the second state.
        read.append(closed == (wired.inverted == tried.closed_first))
    said = f"{name}: {tried.states[read[0]]}"
    if confirm is None:
        return BoxFinding(True, said)
    if read[0] == read[1]:
        step = f"Check the wires of the {tried.name}, and `input`: it may be another door's."
        return BoxFinding(False, f"{said}, whatever is done there", step)
    step = "It says the opposite: change `inverted`."
    return BoxFinding(not read[0], f"{name} says what is done there", step)


def _check_fire(wired: InputSettings) -> BoxFinding:
    """Read the fire alarm panel's contact. Only who is responsible for the panel may try it."""
    name = f"fire alarm at input {wired.input} of board {wired.unit} on {wired.port}"
    closed = _read_input(wired)
    if closed is None:
        return BoxFinding(False, f"{name}: no answer", NO_INPUTS)
    step = "If there is none: check the wires of the panel's contact, or change `inverted`."
    return BoxFinding(closed == wired.inverted, f"{name}: {_FIRE[closed != wired.inverted]}", step)


_FIRE: Final = ("no fire", "a fire")


def _check_metrics(file: Path) -> BoxFinding:
    """Whether the folder of the figures can be written."""
    step = (
        "Make that folder and let the user of the service write it (chgrp zone-bridge, chmod g+w), "
        "or leave `metrics` out."
    )
    try:
        with TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        return BoxFinding(False, f"metrics: {error}", step)
    return BoxFinding(True, f"metrics: {file.parent} can be written")


def _where_is_it(door: DoorSettings, config: Config) -> str:
    """Look for a board at other speeds, addresses and ports; return what to do."""
    own = door.relay.profile
    for baud in (door.relay.baud, *(other for other in BAUDS if other != door.relay.baud)):
        # A board may not answer the question of another family: its own one is asked first.
        for family in (own, *(other for other in BOARDS.values() if other != own)):
            line = RelayLine(SerialLink(door.relay.port, baud, lambda up, why: None))
            units = {*LIKELY_UNITS, family.unit}
            coils = [line.coil(unit, 0, profile=family) for unit in units]
            line.check(tries=1)
            line.close()
            if found := [coil.unit for coil in coils if coil.works]:
                said = f"A board answers as unit {found[0]} at {baud} baud: set `unit` and `baud`"
                return f"{said}." if family == own else f'{said}, and `profile = "{family.name}"`.'
    # A reader and a board whose ports are swapped; at their own speed, which takes half a second.
    for port in sorted({one.reader.port for one in config.doors} - {door.relay.port}):
        line = RelayLine(SerialLink(port, door.relay.baud, lambda up, why: None))
        coil = line.coil(door.relay.unit, door.relay.coil, profile=door.relay.profile)
        line.check()
        line.close()
        if coil.works:
            return f"It answers on {port}: the reader and the board have each other's `port`."
    return (
        "Check its power, the wires A and B (swap them), and `port`. A USB board whose frames "
        "begin with A0 (LCUS) answers nothing, and cannot be used."
    )
