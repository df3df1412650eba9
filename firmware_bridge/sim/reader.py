"""A simulated scanner of any profile at the end of a serial line."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from firmware_bridge.devices import ssi
from firmware_bridge.devices.reader_profiles import GENERIC, ReaderProfile
from firmware_bridge.sim.misbehaviour import Misbehaviour
from firmware_bridge.sim.wire_end import Unplugged, WireEnd

LISTEN_SECONDS: Final = 0.02
# Scanners wait for 2 s from the factory; tests are in a hurry.
ACK_SECONDS: Final = 0.5


class SimulatedReader:
    """Sends scanned text as its profile does, with the faults of `misbehaviour`.

    `before`, `after`: what this scanner adds to each code, instead of the profile's additions.
    `shown`: the names of the signals that the bridge had it show: "granted", "refused", "dark".
    `deaf`: it does not hear acknowledgements. `spoilt`: so many packets from now on are damaged.
    """

    def __init__(
        self,
        link: Path,
        seed: int = 0,
        profile: ReaderProfile = GENERIC,
        *,
        before: bytes | None = None,
        after: bytes | None = None,
        on_shown: Callable[[str], None] = lambda what: None,
    ) -> None:
        self.wire = WireEnd(link)
        self.misbehaviour = Misbehaviour()
        self.shown: list[str] = []
        self.triggers = 0
        self.deaf = False
        self.spoilt = 0
        self.sent_packets = 0
        self._profile, self._on_shown = profile, on_shown
        self._before = profile.prefix if before is None else before
        self._after = profile.suffix if after is None else after
        self._chance = random.Random(seed)
        self._heard = bytearray()
        self._acknowledged = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)
        self.wire.unplug()

    def scan(self, text: str | bytes) -> int:
        """Send a code; return the monotonic time in ns just before its last piece was sent."""
        code = text.encode("latin-1") if isinstance(text, str) else text
        data = self._before + code + self._after
        if self._profile.protocol == "line":
            return self._send(data)
        return [self._send_packet(packet) for packet in ssi.decode_data(data)][-1]

    def _send(self, data: bytes) -> int:
        at = 0
        for piece in self.misbehaviour.play(data, self._chance):
            at = self.wire.write(piece)
            if self.misbehaviour.pause_ms:
                time.sleep(self.misbehaviour.pause_ms / 1000)
        return at

    def _send_packet(self, packet: bytes) -> int:
        """Send a packet until it is acknowledged, three times at most."""
        at = 0
        for attempt in range(ssi.ATTEMPTS):
            self._acknowledged.clear()
            self.sent_packets += 1
            at = self._send(self._damaged(_repeated(packet) if attempt else packet))
            if self._acknowledged.wait(ACK_SECONDS):
                break
        return at

    def _damaged(self, packet: bytes) -> bytes:
        if self.spoilt == 0:
            return packet
        self.spoilt -= 1
        where = self._chance.randrange(4, len(packet))
        return packet[:where] + bytes([packet[where] ^ 0x11]) + packet[where + 1 :]

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                data = self.wire.read(LISTEN_SECONDS)
            except OSError:
                data = b""
            if data:
                self._hear(data)
                continue
            self.wire.clear_exclusive()
            self._stop.wait(LISTEN_SECONDS)

    def _hear(self, data: bytes) -> None:
        """Do what the bridge says, frame by frame."""
        self._heard += data
        while self._heard:
            frame = self._next_frame()
            if not frame:
                return
            del self._heard[: len(frame)]
            self._obey(frame)

    def _next_frame(self) -> bytes:
        """The whole frame at the front of what was heard; b"" while bytes of it are missing."""
        if self._profile.protocol == "ssi":
            found = ssi.split_packet(bytes(self._heard))
            return b"" if found is None else bytes(self._heard[: len(found[0]) + 2])
        known = (self._profile.trigger, *self._profile.granted, *self._profile.refused)
        return next((frame for frame in known if frame and self._heard.startswith(frame)), b"")

    def _obey(self, frame: bytes) -> None:
        if frame == self._profile.trigger:
            self.triggers += 1
            self._reply(self._profile.trigger_reply)
        # The signal counts once, at its first frame.
        for name in ("granted", "refused", "dark"):
            if frame in getattr(self._profile, name)[:1]:
                self.shown.append(name)
                self._on_shown(name)
        if self._profile.protocol == "ssi":
            self._answer_packet(frame[1])

    def _answer_packet(self, opcode: int) -> None:
        if opcode not in (ssi.CMD_ACK, ssi.CMD_NAK):
            self._reply(ssi.packet(ssi.CMD_ACK, source=ssi.DECODER))
        elif opcode == ssi.CMD_ACK and not self.deaf:
            self._acknowledged.set()

    def _reply(self, frame: bytes) -> None:
        try:
            self.wire.write(frame)
        except (Unplugged, OSError):
            self._heard.clear()


def _repeated(packet: bytes) -> bytes:
    body = bytearray(packet[:-2])
    body[3] |= ssi.RETRANSMITTED
    return bytes(body) + ssi.check_sum(bytes(body))
