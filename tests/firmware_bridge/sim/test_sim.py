"""The simulator as a process, and serial ports on it that only one bridge may open."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware_bridge.devices.modbus import flash_on
from firmware_bridge.devices.outputs import RelayLine
from firmware_bridge.devices.ports import LinkLost, SerialLink
from firmware_bridge.sim.relay import SimulatedRelay
from tests.world.rig import ROOT, eventually


class SimulatorProcess:
    """The simulator as a process."""

    def __init__(self, folder: Path) -> None:
        self.reader, self.relay = folder / "reader", folder / "relay"
        links = ["--reader-link", str(self.reader), "--relay-link", str(self.relay)]
        command = [sys.executable, "-m", "firmware_bridge.sim", *links]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout
        ready = {"ready": True, "reader": str(self.reader), "relay": str(self.relay)}
        assert self.read_event() == ready

    def send(self, **command: Any) -> None:
        self._in.write(json.dumps(command) + "\n")
        self._in.flush()

    def read_event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self._out.readline())
        return event

    def close(self) -> int:
        self._in.close()
        status = self.process.wait(5)
        self._out.close()
        return status


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path)
    yield simulator
    if simulator.process.poll() is None:
        simulator.close()


class Port(SerialLink):
    """A link that records its changes."""

    def __init__(self, path: Path) -> None:
        self.changes: list[bool] = []
        super().__init__(str(path), 115200, lambda up, why: self.changes.append(up))


def test_a_scan_arrives_and_a_strike_is_reported(simulator: SimulatorProcess) -> None:
    reader, relay = Port(simulator.reader), Port(simulator.relay)
    assert reader.read(0) == b""
    simulator.send(scan="Z1 A  B")
    assert simulator.read_event()["scanned"] == 8
    assert reader.read(2) == b"Z1 A  B\r"
    simulator.send(scan_hex="00ff")
    assert reader.read(2) == b"\x00\xff\r"
    RelayLine(relay).strike(1, 3, 5000)
    events = [simulator.read_event(), simulator.read_event()]
    assert [(event["strike"], event["ms"]) for event in events if "strike" in event] == [(3, 5000)]
    reader.close()
    relay.close()
    assert simulator.close() == 0


@pytest.mark.parametrize(
    "command",
    [
        {"dance": 1},
        {"misbehave": {"rain": 1}},
        {"hang_up": "window"},
        {"relay": "sulky"},
        {"scan_hex": "xyz"},
        {"scan": 5},
    ],
)
def test_a_bad_command_is_reported_and_the_next_one_works(
    simulator: SimulatorProcess, command: dict[str, Any]
) -> None:
    simulator.send(**command)
    assert "error" in simulator.read_event()
    simulator.send(hang_up="reader")
    simulator.send(scan="Z1")
    assert "Unplugged" in simulator.read_event()["error"]


def test_a_port_is_exclusive_until_it_is_closed(simulator: SimulatorProcess) -> None:
    first, second = Port(simulator.reader), Port(simulator.reader)
    assert (first.read(0), second.read(0)) == (b"", b"")
    assert (first.changes, second.changes) == ([], [False])
    first.close()
    eventually(lambda: second.read(0.05) == b"" and second.changes == [False, True])
    second.close()


def test_a_simulated_port_is_free_for_who_opens_it(tmp_path: Path) -> None:
    relay = SimulatedRelay(tmp_path / "relay")
    try:
        for _ in range(500):
            serial.Serial(str(tmp_path / "relay"), 115200, timeout=0, exclusive=True).close()
    finally:
        relay.close()


def test_an_unplugged_port_is_reported_lost_once_and_back_once(
    tmp_path: Path, simulator: SimulatorProcess
) -> None:
    reader = Port(simulator.reader)
    reader.read(0)
    simulator.send(hang_up="reader")
    eventually(lambda: reader.read(0.02) == b"" and reader.changes == [False])
    for _ in range(20):
        reader.read(0.01)
    with pytest.raises(LinkLost):
        reader.write(flash_on(1, 0, 100))
    assert reader.changes == [False]
    simulator.send(plug_in="reader")
    eventually(lambda: reader.read(0.02) == b"" and reader.changes == [False, True])
    reader.close()
