"""The boards of a box: the line of each port, and what is told when a board fails."""

from collections.abc import Callable
from functools import partial

from firmware_bridge.config import InputSettings, RelaySettings, SignalSettings
from firmware_bridge.devices.inputs import BoardInputs
from firmware_bridge.devices.outputs import RelayCoil, RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door.signals import Signal
from firmware_bridge.events import Event
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.wire.messages.alarms import INPUT_FAULT, RELAY_FAULT

Board = RelaySettings | InputSettings | SignalSettings


class Boards:
    """The lines of a box, by port; doors share them. `door` is the one that a board is wired to."""

    def __init__(self, alarms: Alarms, report: Callable[[Event], None]) -> None:
        self.lines: dict[str, RelayLine] = {}
        self._alarms, self._report = alarms, report
        # By door, the kind of alarm of each board that does not answer, and its place.
        self._failing: dict[str, set[tuple[str, tuple[str, int]]]] = {}

    def line(self, board: Board, door: str) -> RelayLine:
        """The line of a board; boards on the same port share it."""
        line = self.lines.get(board.port)
        if line is None:
            changed = partial(self._line_changed, door)
            line = RelayLine(SerialLink(board.port, board.baud, changed))
            line.lamps.changed = partial(self._lamp_changed, board.port)
            self.lines[board.port] = line
        line.use_profile(board.unit, board.profile)
        return line

    def coil(self, relay: RelaySettings, door: str) -> RelayCoil:
        """The coil of a strike."""
        told = partial(self._board_changed, RELAY_FAULT, door, relay)
        return self.line(relay, door).coil(relay.unit, relay.coil, told, relay.profile)

    def inputs(self, wired: InputSettings, door: str) -> BoardInputs:
        """The inputs of a board, whose failure is an alarm of their door."""
        line = self.line(wired, door)
        line.watch(wired.unit, partial(self._board_changed, INPUT_FAULT, door, wired))
        return line.board(wired.unit)

    def signal(self, lamp: SignalSettings, door: str) -> Signal:
        """A lamp or a buzzer."""
        lamps = self.line(lamp, door).lamps
        return Signal(lamp.on, lamp.ms, partial(lamps.light, lamp.unit, lamp.coil))

    def _line_changed(self, door: str, up: bool, why: str) -> None:
        self._report({"event": "relay", "door": door, "up": up, "why": why})

    def _lamp_changed(self, port: str, unit: int, why: str) -> None:
        # No alarm: the doors of this board go on, with or without light.
        self._report({"event": "lamp", "port": port, "unit": unit, "up": not why, "why": why})

    def _board_changed(self, kind: str, door: str, board: Board, up: bool, why: str) -> None:
        failing = self._failing.setdefault(door, set())
        place = (board.port, board.unit)
        relays = {where for what, where in failing if what == RELAY_FAULT}
        # The contact and the button may share a board; of one that is silent its coil tells.
        told = (kind, place) in failing
        if told == up and (up or kind == RELAY_FAULT or place not in relays):
            (failing.discard if up else failing.add)((kind, place))
            self._report({"event": "board", "door": door, "up": up, "why": why})
        for one in (RELAY_FAULT, INPUT_FAULT):
            self._alarms.set(one, door, any(what == one for what, _ in failing))
