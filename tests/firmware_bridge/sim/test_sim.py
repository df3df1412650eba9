"""The simulator as a process: commands in, events out; and ports that only one bridge may hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.devices.modbus import flash_on
from firmware_bridge.devices.outputs import RelayLine
from firmware_bridge.devices.ports import LinkLost, SerialLink
from tests.world.rig import ROOT, eventually


class Simulator:
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
        assert self.hear() == {"ready": True, "reader": str(self.reader), "relay": str(self.relay)}

    def tell(self, **command: Any) -> None:
        self._in.write(json.dumps(command) + "\n")
        self._in.flush()

    def hear(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self._out.readline())
        return event

    def close(self) -> int:
        self._in.close()
        status = self.process.wait(5)
        self._out.close()
        return status


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path)
    yield simulator
    if simulator.process.poll() is None:
        simulator.close()


class Port(SerialLink):
    """A link that remembers its ups and downs."""

    def __init__(self, path: Path) -> None:
        self.news: list[bool] = []
        super().__init__(str(path), 115200, lambda up, why: self.news.append(up))


def test_what_is_scanned_arrives_and_a_strike_is_told(simulator: Simulator) -> None:
    reader, relay = Port(simulator.reader), Port(simulator.relay)
    assert reader.read(0) == b""
    simulator.tell(scan="Z1 A  B")
    assert simulator.hear()["scanned"] == 8
    assert reader.read(2) == b"Z1 A  B\r"
    simulator.tell(scan_hex="00ff")
    assert reader.read(2) == b"\x00\xff\r"
    RelayLine(relay).strike(1, 3, 5000)
    events = [simulator.hear(), simulator.hear()]
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
def test_a_command_that_cannot_be_done_is_told_and_the_next_one_works(
    simulator: Simulator, command: dict[str, Any]
) -> None:
    simulator.tell(**command)
    assert "error" in simulator.hear()
    simulator.tell(hang_up="reader")
    simulator.tell(scan="Z1")
    assert "Unplugged" in simulator.hear()["error"]


def test_a_port_is_ours_alone_and_free_again_after_us(simulator: Simulator) -> None:
    first, second = Port(simulator.reader), Port(simulator.reader)
    assert (first.read(0), second.read(0)) == (b"", b"")
    assert (first.news, second.news) == ([], [False])
    first.close()
    eventually(lambda: second.read(0.05) == b"" and second.news == [False, True])
    second.close()


def test_a_port_that_is_not_there_is_lost_once_and_back_once(
    tmp_path: Path, simulator: Simulator
) -> None:
    reader = Port(simulator.reader)
    reader.read(0)
    simulator.tell(hang_up="reader")
    eventually(lambda: reader.read(0.02) == b"" and reader.news == [False])
    for _ in range(20):
        reader.read(0.01)
    with pytest.raises(LinkLost):
        reader.write(flash_on(1, 0, 100))
    assert reader.news == [False]
    simulator.tell(plug_in="reader")
    eventually(lambda: reader.read(0.02) == b"" and reader.news == [False, True])
    reader.close()
