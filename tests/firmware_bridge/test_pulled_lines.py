"""Serial lines are pulled in the middle of a frame, again and again, and plugged in again."""

import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from firmware_bridge.devices.board_profiles import BOARDS
from firmware_bridge.devices.reader_profiles import PROFILES
from firmware_bridge.sim.relay import Pulse
from firmware_bridge.wire.token import sign_short
from tests.firmware_bridge.fuzz.targets import frames_of
from tests.world.airlock import AirlockRig, airlock, released
from tests.world.rig import SITE, Phone, eventually, now

pytestmark = pytest.mark.slow


class Pulling:
    """Rounds in which the line of the scanner or of the board is pulled."""

    def __init__(self, rig: AirlockRig, rounds: int, seed: int) -> None:
        self.rig, self.rounds, self.chance = rig, rounds, random.Random(seed)
        self.phones = [Phone() for _ in range(2 * rounds)]
        rig.peer.put(*(phone.holder for phone in self.phones))
        self.figures: Counter[str] = Counter()
        self.pulls = threading.Event()
        audited = rig.relay._on_pulse
        assert audited is not None
        self.audited = audited
        rig.relay._on_pulse = self.pulse

    def pulse(self, pulse: Pulse) -> None:
        self.audited(pulse)
        if self.pulls.is_set():
            self.pulls.clear()
            self.rig.relay.wire.unplug()  # before the board has answered

    def run(self) -> None:
        for number in range(self.rounds):
            self.rig.peer.change_site(released() if number % 4 == 3 else SITE)
            if self.chance.random() < 0.5:
                self.pull_scanner()
            else:
                self.pull_board()
            eventually(self.lets_in, "people come in again", 20)

    def pull_scanner(self) -> None:
        """Pull it behind some bytes of a code, which are no code."""
        rig = self.rig
        frames = frames_of(rig.scanner, self.phones[-1].code().encode())
        cut = self.chance.randrange(1, len(frames) - 1)
        opened = len(rig.audit.explained)
        rig.reader.wire.write(frames[:cut])
        rig.reader.wire.unplug()
        rig.event("reader", up=False)
        rig.reader.wire.plug_in()
        rig.event("reader", up=True)
        assert len(rig.audit.explained) == opened
        self.figures["scanner pulled"] += 1

    def pull_board(self) -> None:
        """Pull it when it has struck and not yet answered."""
        rig = self.rig
        self.pulls.set()
        rig.reader.scan(self.phones.pop().code())
        eventually(lambda: not self.pulls.is_set(), "a pulse")
        assert rig.event("decision")["light"] == "red"
        rig.relay.wire.plug_in()
        rig.event("board", up=True)
        self.figures["board pulled"] += 1

    def lets_in(self) -> bool:
        code = sign_short(self.phones[-1].key, int(now()))
        self.rig.reader.scan(code)
        decision = self.rig.event("decision")
        if decision["granted"]:
            self.phones.pop()
        else:
            self.figures[f"then: {decision['reason']}"] += 1
        return bool(decision["struck"])


def check_pulled_lines(folder: Path, rounds: int, scanner: str, board: str) -> Counter[str]:
    with airlock(folder, PROFILES[scanner], BOARDS[board]) as rig:
        pulling = Pulling(rig, rounds, seed=rounds)
        rig.start_and_hear()
        pulling.run()
        assert rig.audit.unexplained == []
        assert rig.both == []
        rig.await_upload()
        assert rig.stop() == 0
        journal = rig.journal()
        assert journal.verify_chain() == len(rig.peer.entries)
        journal.close()
    return pulling.figures


THOROUGH = [pytest.mark.thorough, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    ("rounds", "scanner", "board"),
    [
        (6, "generic", "waveshare"),
        pytest.param(100, "generic", "waveshare", marks=THOROUGH),
        pytest.param(40, "zebra-ssi", "lctech", marks=THOROUGH),
        pytest.param(40, "gm65", "waveshare", marks=THOROUGH),
    ],
)
def test_lines_that_are_pulled_in_a_frame_open_nothing_and_come_back(
    tmp_path: Path, rounds: int, scanner: str, board: str
) -> None:
    print(dict(check_pulled_lines(tmp_path, rounds, scanner, board)))
