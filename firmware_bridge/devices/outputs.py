"""Relay boards on a serial port: pulses with their coil read back, inputs, and silent boards.

A port is shared by the boards of several doors, so nothing about one board may hold up the others:
a board that failed twice in a row is set aside. Its doors refuse at once, without the bus, until it
has answered a question that `probe` asks when the bus is free. A board that answers, but not to the
question for its inputs, opens its doors all the same: its inputs alone are set aside.

The board ends its pulse by itself; that it has done so is looked at afterwards, and after the
longest pulse from before the start. A coil that is still closed then is switched off, and its board
is not used again before the bridge is started anew: it would hold a door open.

Lamps and buzzers are sent when the bus is free, after the strike that they tell of. They are pulses
too, so a crash leaves no green light. Whether they work changes nothing for the doors.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.board_profiles import WAVESHARE, BoardProfile
from firmware_bridge.devices.inputs import BoardInputs
from firmware_bridge.devices.lamps import WaitingLamps
from firmware_bridge.devices.modbus import (
    ILLEGAL_FUNCTION,
    CoilState,
    Echo,
    InputStates,
    Refusal,
    Reply,
    ReplyReader,
    flash_on,
    flash_registers,
    is_question,
    read_coil,
    read_inputs,
    switch_off,
)
from firmware_bridge.devices.ports import LinkLost, SerialLink
from firmware_bridge.devices.pulse_ends import LONGEST_MS, PulseEnds
from firmware_bridge.door.runner import StrikeFault

# A board at 9600 baud sends its 8 bytes in 10 ms, and a USB adapter keeps them for up to 16; the
# rest allows for a busy machine. A silent board takes the bus from the others for this long.
REPLY_SECONDS: Final = 0.2
TRIES: Final = 2
# The pause between two rounds. At 9600 baud a question for inputs takes 30 ms of the bus.
POLL_SECONDS: Final = 0.1
# The pause between two questions to boards that are set aside.
PROBE_SECONDS: Final = 1.0
# A probe looks so often whether a door wants the bus.
_GLANCE_SECONDS: Final = 0.01
# A board that works has answered a lamp's frame within this time, and a door waits for it; no door
# waits for one that does not.
LAMP_SECONDS: Final = 0.06
STUCK: Final = "its relay stayed closed when its pulse was over"
# Each door sends the same frame every time, and computing its CRC takes 15 µs.
_FLASH: Final = {
    "coil": lru_cache(maxsize=64)(flash_on),
    "registers": lru_cache(maxsize=64)(flash_registers),
}
_question: Final = lru_cache(maxsize=64)(read_coil)
_inputs: Final = lru_cache(maxsize=64)(read_inputs)

# Told when a board fails (False and why) and when it works again.
Changed = Callable[[bool, str], None]


class RelayLine:
    """A serial port with relay boards, shared by the threads of several doors."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self._lock = threading.Lock()
        # The threads of doors that wait for the bus: a probe gives way to them.
        self._waiting: set[int] = set()
        # Whether the adapter returns what it sends, as some for RS-485 do.
        self._returns = False
        self._coils: list[RelayCoil] = []
        self.polled: dict[int, BoardInputs] = {}
        # Called each time that the inputs were read, with the time (monotonic seconds) until which
        # all that they showed has been passed on.
        self.rounds: list[Callable[[float], None]] = []
        self._polled_at = monotonic()
        self._watches: list[_Watch] = []
        # Held while watches are called: of two changes at once the later one is told last.
        self._telling = threading.Lock()
        self._aside: set[int] = set()
        # Unit → what was wrong with its inputs, which alone are set aside.
        self._unread: dict[int, str] = {}
        self._profiles: dict[int, BoardProfile] = {}
        self._ends = PulseEnds()
        self._stuck: set[int] = set()
        self.lamps = WaitingLamps()

    def coil(
        self,
        unit: int,
        coil: int,
        changed: Changed = lambda works, why: None,
        profile: BoardProfile = WAVESHARE,
    ) -> "RelayCoil":
        """The output of one door on this line."""
        output = RelayCoil(self, unit, coil)
        self.use_profile(unit, profile)
        self._coils.append(output)
        self.watch(unit, changed, inputs=False)
        return output

    def watch(self, unit: int, changed: Changed, *, inputs: bool = True) -> None:
        """Tell when a board fails and when it works again; with `inputs`, also of these alone."""
        self._watches.append(_Watch(unit, changed, inputs=inputs))

    def use_profile(self, unit: int, profile: BoardProfile) -> None:
        """Speak to a board of this line as its family does."""
        self._profiles[unit] = profile

    def works(self, unit: int) -> bool:
        """Whether the board is not set aside."""
        return unit not in self._aside

    def strike(self, unit: int, coil: int, ms: int) -> None:
        """Pulse a coil for `ms` milliseconds and read it back; try twice.

        Raises:
            StrikeFault: the port is gone, or the board is silent, refuses, or is set aside.
        """
        fault = STUCK if unit in self._stuck else "set aside: it does not answer"
        for _ in range(TRIES if self.works(unit) else 0):
            self._waiting.add(threading.get_ident())
            # Another door may have the bus between two tries.
            with self._lock:
                self._waiting.discard(threading.get_ident())
                fault = self._try(lambda: self._pulse(unit, coil, ms))
            if not fault:
                self._change(unit, "")
                return
        self._change(unit, fault)
        raise StrikeFault(fault)

    def cut(self, unit: int, coil: int) -> bool:
        """End a pulse before its time; False: not confirmed, and the pulse ends by itself."""
        with self._lock:
            return not self._try(lambda: _fault_of(self._exchange(switch_off(unit, coil))))

    def check_ends(self) -> None:
        """Look whether the pulses that should be over are."""
        now = monotonic()
        for unit, coil in self._ends.due(now):
            with self._lock:
                reply = self._ask_coil(unit, coil) if self.works(unit) else None
                # A door may have struck again while this one waited for the bus.
                over = reply is not None and self._ends.settle(unit, coil, now)
            if over and reply == CoilState(True):
                self._set_aside_stuck(unit, coil)

    def _set_aside_stuck(self, unit: int, coil: int) -> None:
        self.cut(unit, coil)
        self._stuck.add(unit)
        self._change(unit, STUCK)

    def inputs(self, unit: int, count: int) -> tuple[bool, ...] | None:
        """Read the first inputs of a board; None: it does not answer, and they are set aside."""
        if not self.works(unit) or unit in self._unread:
            return None
        reply = None
        for _ in range(TRIES):
            # Another door may have the bus between two tries.
            with self._lock:
                reply = self._ask_inputs(unit, count)
            if isinstance(reply, InputStates):
                return reply.closed
        self._unread[unit] = f"its inputs: {_fault_of(reply)}"
        # A board without inputs, or with fewer, is no reason to shut the door.
        self._change(unit, self._ask(unit, gives_way=False))
        return None

    def probe(self) -> None:
        """Ask each board, or its inputs, that is set aside whether it answers again."""
        for unit in sorted(self._aside - self._stuck):
            fault = self._ask(unit, gives_way=True)
            if not fault:
                self._change(unit, "")
        for unit in sorted(self._unread.keys() - self._aside):
            with self._lock:
                reply = self._ask_inputs(unit, self.polled[unit].count, gives_way=True)
            if isinstance(reply, InputStates):
                self._unread.pop(unit)
                self._change(unit, "")

    def check(self, tries: int = TRIES) -> None:
        """Ask each board of the line before the first scan, and set the silent ones aside."""
        for unit in sorted({coil.unit for coil in self._coils} | self.polled.keys()):
            for _ in range(tries):
                fault = self._ask(unit, gives_way=False)
                if not fault:
                    break
            self._change(unit, fault)
        for coil in self._coils:
            self._note_open_pulse(coil.unit, coil.coil)

    def _note_open_pulse(self, unit: int, coil: int) -> None:
        """Look later whether a pulse that holds already, from before the start, has ended."""
        if self.works(unit):
            with self._lock:
                reply = self._ask_coil(unit, coil)
            if reply == CoilState(True):
                self._ends.begin(unit, coil, LONGEST_MS, monotonic())

    def board(self, unit: int) -> BoardInputs:
        """The inputs of a board of this line, which are read from then on."""
        return self.polled.setdefault(unit, BoardInputs())

    def poll(self) -> None:
        """Read the inputs of each board once, and do what each round does."""
        # What one reading shows is passed on by the next one: see `BoardInput.update`.
        told_until, self._polled_at = self._polled_at, monotonic()
        for unit, board in self.polled.items():
            board.update(self.inputs(unit, board.count))
        for do in self.rounds:
            do(told_until)

    def run(self, stop: threading.Event, alive: Callable[[], None] = lambda: None) -> None:
        """Probe, and read inputs, until the stop event is set; call `alive` at each round."""
        probed_at = monotonic()
        while not stop.is_set():
            self._light_until(monotonic() + POLL_SECONDS)
            alive()
            self.poll()
            if monotonic() - probed_at >= PROBE_SECONDS:
                probed_at = monotonic()
                self.check_ends()
                self.probe()

    def _light_until(self, end: float) -> None:
        """Send what lamps are to show, as it comes, until the time of the next round."""
        # By the clock: a reader that floods tells of more refusals than the line can show.
        while (left := end - monotonic()) > 0 and self.lamps.woken.wait(left):
            self.lamps.woken.clear()
            self.lamps.send(self.light)

    def light(self, unit: int, coil: int, ms: int) -> str:
        """Pulse a lamp or buzzer, or end it at 0 ms; return what was wrong, or ""."""
        frame = self._flash(unit, coil, ms) if ms else switch_off(unit, coil)
        with self._lock:
            return self._try(
                lambda: _fault_of(self._exchange(frame, gives_way=True, patience=LAMP_SECONDS))
            )

    def close(self) -> None:
        with self._lock:
            self._link.close()

    def _ask(self, unit: int, *, gives_way: bool) -> str:
        """Read a coil of a board, or an input if it has no coil; return what was wrong, or ""."""
        coil = next((coil.coil for coil in self._coils if coil.unit == unit), None)
        with self._lock:
            if coil is None:
                return _fault_of(self._ask_inputs(unit, 1, gives_way=gives_way))
            return self._try(lambda: self._read_back(unit, coil, None, gives_way=gives_way))

    def _ask_inputs(self, unit: int, count: int, *, gives_way: bool = False) -> Reply | None:
        count = max(count, self._profile(unit).read_at_once)
        self._link.retry_now()
        try:
            return self._exchange(_inputs(unit, count), gives_way=gives_way)
        except LinkLost:
            return None

    def _ask_coil(self, unit: int, coil: int) -> Reply | None:
        question = _question(unit, coil, at_once=self._profile(unit).read_at_once)
        try:
            return self._exchange(question, gives_way=True, coil=coil)
        except LinkLost:
            return None

    def _try(self, exchange: Callable[[], str]) -> str:
        self._link.retry_now()
        try:
            return exchange()
        except LinkLost as error:
            return str(error)

    def _profile(self, unit: int) -> BoardProfile:
        return self._profiles.get(unit, WAVESHARE)

    def _flash(self, unit: int, coil: int, ms: int) -> bytes:
        return _FLASH[self._profile(unit).pulse](unit, coil, ms)

    def _pulse(self, unit: int, coil: int, ms: int) -> str:
        # Also of one that is not confirmed: the frame may have arrived.
        self._ends.begin(unit, coil, ms, monotonic())
        reply = self._exchange(self._flash(unit, coil, ms))
        if isinstance(reply, Echo):
            return self._read_back(unit, coil, True)
        return _fault_of(reply)

    def _read_back(
        self, unit: int, coil: int, expected: bool | None, *, gives_way: bool = False
    ) -> str:
        """Return what is wrong with the state that a board says its coil has, or ""."""
        question = _question(unit, coil, at_once=self._profile(unit).read_at_once)
        reply = self._exchange(question, gives_way=gives_way, coil=coil)
        # A board that knows no function 01 is a board all the same: an adapter refuses nothing.
        if reply == Refusal(ILLEGAL_FUNCTION):
            return ""
        if isinstance(reply, CoilState):
            return "" if expected in (None, reply.closed) else "the coil is open"
        return _fault_of(reply)

    def _exchange(
        self, frame: bytes, *, gives_way: bool = False, patience: float = 0.0, coil: int = 0
    ) -> Reply | None:
        """Send a frame and return the answer; None: there is none.

        `gives_way`: not longer than `patience` seconds where a door wants the bus.
        """
        # Discard a late answer to an earlier frame: it may have the same bytes as the one awaited.
        self._link.read(0)
        self._link.write(frame)
        reader = ReplyReader(frame, returned=self._returns, coil=coil)
        began = monotonic()
        while (left := began + REPLY_SECONDS - monotonic()) > 0:
            if gives_way and self._waiting and monotonic() - began >= patience:
                return None
            reply = reader.feed(self._link.read(min(left, _GLANCE_SECONDS) if gives_way else left))
            if reply is not None:
                break
        else:
            reply = None
        if is_question(frame):
            self._returns = reader.own_frame
        return reply

    def _change(self, unit: int, fault: str) -> None:
        """Set a board aside, or take it back; tell its doors."""
        fault = STUCK if unit in self._stuck else fault
        if fault:
            self._aside.add(unit)
        else:
            self._aside.discard(unit)
        with self._telling:
            for watch in self._watches:
                if watch.unit == unit:
                    watch.tell(fault or (self._unread.get(unit, "") if watch.inputs else ""))


class _Watch:
    """A callback about one board, called when it fails and when it works again."""

    def __init__(self, unit: int, changed: Changed, *, inputs: bool) -> None:
        self.unit, self.inputs = unit, inputs
        self._changed, self._works = changed, True

    def tell(self, fault: str) -> None:
        """Pass on that the board fails, or works again; not that it goes on doing so."""
        works = not fault
        if works != self._works:
            self._works = works
            self._changed(works, fault)


class RelayCoil:
    """The output of one door: a coil of a board."""

    def __init__(self, line: RelayLine, unit: int, coil: int) -> None:
        self.unit, self.coil = unit, coil
        self._line = line

    @property
    def works(self) -> bool:
        return self._line.works(self.unit)

    def strike(self, ms: int) -> None:
        """Pulse the coil for `ms` milliseconds.

        Raises:
            StrikeFault: see `RelayLine.strike`.
        """
        self._line.strike(self.unit, self.coil, ms)

    def cut(self) -> bool:
        """End the pulse before its time; see `RelayLine.cut`."""
        return self._line.cut(self.unit, self.coil)


def _fault_of(reply: Reply | None) -> str:
    if isinstance(reply, Echo | InputStates):
        return ""
    return f"refused with code {reply.code}" if isinstance(reply, Refusal) else "no answer"
