"""A simulated reader and relay board on two ptys: for the demo, measurements, and trying a bridge.

    python -m firmware_bridge.sim --reader-link PATH --relay-link PATH [--seed N] [--unit N]
                                  [--door] [--profile NAME] [--board NAME]

`--profile` is that of the scanner, as in the settings of a bridge, and `--board` that of the board.

With `--door` the board has a door on its inputs: a contact on 0 and an exit button on 1, and people
who go in after each strike.

The two paths become symbolic links to the ptys; name them in the bridge's settings as its ports.
Commands on stdin, one JSON object a line:

    {"scan": "Z1..."}        send a code; {"scan_hex": "00ff"} sends bytes that are no text
    {"misbehave": {"byte_by_byte": true, "pause_ms": 1, "noise": 0.01, "loss": 0.01}}
                             faults of the reader's cable; {} ends them
    {"hang_up": "reader"}    unplug a line ("reader" or "relay"); {"plug_in": "reader"} plugs it in
    {"close": 0}, {"open": 0}
                             an input of the board: the circuit of a contact or a button
    {"people": "stay_out"}   what people do after a strike: go_in, stay_out, leave_open
    {"act": "force"}         what somebody does once: force, go_out (by the button), shut
    {"relay": "silent"}      how the board answers: echo, silent, wrong, refuse, adapter,
                             no_reading, no_inputs
    {"quit": true}           end; also at the end of stdin

Events on stdout, one JSON object a line; `at` is the monotonic clock in ns, common to all
processes:

    {"ready": true, "reader": PATH, "relay": PATH}
    {"scanned": 120, "at": ...}            bytes sent; time before the last of them was written
    {"strike": 0, "ms": 5000, "at": ...}   coil and pulse; time when the frame's last byte was read
    {"lamp": 1, "ms": 5000}                a pulse of another coil than 0, with `--door`
    {"open": true}                         the door of `--door` is open, or shut
    {"shown": "granted"}                   what the bridge had the scanner show; also refused, dark
    {"error": "..."}                       a command that could not be executed
"""

import argparse
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from firmware_bridge.devices.board_profiles import BOARDS, WAVESHARE
from firmware_bridge.devices.reader_profiles import GENERIC, PROFILES
from firmware_bridge.sim.doorway import STRIKE, SimulatedDoorway
from firmware_bridge.sim.misbehaviour import Misbehaviour
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import Pulse, ReplyMode, SimulatedRelay
from firmware_bridge.sim.wire_end import Unplugged, WireEnd

_printing = threading.Lock()


def emit(**event: object) -> None:
    """Write an event to stdout."""
    with _printing:
        print(json.dumps(event), flush=True)


class Simulator:
    """The two devices and the commands for them."""

    def __init__(
        self,
        reader_link: Path,
        relay_link: Path,
        seed: int,
        unit: int | None,
        profile: str,
        board: str,
    ) -> None:
        family = BOARDS[board]
        self._reader = SimulatedReader(
            reader_link, seed, PROFILES[profile], on_shown=lambda what: emit(shown=what)
        )
        self._relay = SimulatedRelay(relay_link, unit or family.unit, self._struck, family)
        self._doorway: SimulatedDoorway | None = None
        self._commands: dict[str, Callable[[Any], None]] = {
            "scan": self._scan,
            "scan_hex": lambda text: self._scan(bytes.fromhex(text)),
            "misbehave": self._misbehave,
            "hang_up": lambda device: self._device(device).unplug(),
            "plug_in": lambda device: self._device(device).plug_in(),
            "relay": self._set_reply_mode,
            "close": self._relay.closed_inputs.add,
            "open": self._relay.closed_inputs.discard,
        }

    def hang_door(self) -> None:
        """Give the board a door with a contact and an exit button."""
        self._doorway = SimulatedDoorway(self._relay, lambda is_open: emit(open=is_open))
        self._commands |= {"people": self._doorway.set_habit, "act": self._doorway.act}

    def execute(self, line: str) -> bool:
        """Execute one line of commands; False when it was `quit`."""
        try:
            command = json.loads(line)
            if "quit" in command:
                return False
            for name, value in command.items():
                self._commands[name](value)
        except (ValueError, KeyError, TypeError, AttributeError, Unplugged) as error:
            emit(error=f"{type(error).__name__}: {error}")
        return True

    def close(self) -> None:
        self._relay.close()
        self._reader.close()

    def _scan(self, text: str | bytes) -> None:
        at = self._reader.scan(text)
        emit(scanned=len(text) + 1, at=at)

    def _misbehave(self, how: dict[str, Any]) -> None:
        self._reader.misbehaviour = Misbehaviour.from_json(how)

    def _set_reply_mode(self, name: str) -> None:
        modes: tuple[ReplyMode, ...] = get_args(ReplyMode)
        self._relay.reply_mode = modes[modes.index(name)]

    def _device(self, name: str) -> WireEnd:
        return {"reader": self._reader.wire, "relay": self._relay.wire}[name]

    def _struck(self, pulse: Pulse) -> None:
        if self._doorway is not None and pulse.flash.coil != STRIKE:
            emit(lamp=pulse.flash.coil, ms=pulse.flash.ms)
            return
        emit(strike=pulse.flash.coil, ms=pulse.flash.ms, at=pulse.at)
        if self._doorway is not None:
            self._doorway.struck()


def main() -> int:
    """Run the simulator until `quit` or the end of stdin; return the exit status."""
    parser = argparse.ArgumentParser(
        "python -m firmware_bridge.sim", description="A reader and a relay on two ptys."
    )
    parser.add_argument("--reader-link", type=Path, required=True)
    parser.add_argument("--relay-link", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unit", type=int, help="the board's address, if not the usual one")
    parser.add_argument("--board", choices=tuple(BOARDS), default=WAVESHARE.name)
    parser.add_argument("--door", action="store_true")
    parser.add_argument("--profile", choices=tuple(PROFILES), default=GENERIC.name)
    arguments = parser.parse_args()
    simulator = Simulator(
        arguments.reader_link,
        arguments.relay_link,
        arguments.seed,
        arguments.unit,
        arguments.profile,
        arguments.board,
    )
    if arguments.door:
        simulator.hang_door()
    emit(ready=True, reader=str(arguments.reader_link), relay=str(arguments.relay_link))
    try:
        for line in sys.stdin:
            if line.strip() and not simulator.execute(line):
                break
    except KeyboardInterrupt:
        return 0
    finally:
        simulator.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
