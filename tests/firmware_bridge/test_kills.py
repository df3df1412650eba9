"""The bridge is killed in the middle of scans, in whatever state its doors are."""

import random
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.devices.board_profiles import BOARDS
from firmware_bridge.devices.reader_profiles import PROFILES
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.token import sign_short
from tests.world.airlock import LONGEST_SECONDS, AirlockRig, airlock, released
from tests.world.rig import DOOR, SITE, Phone, eventually, now

pytestmark = pytest.mark.slow

# A scan takes some 3 ms: a kill within this time hits it before, in and behind its commit.
MID_SCAN_SECONDS = 0.004


class Killing:
    """Rounds of a start, a scan and a kill; what they came to is counted in `figures`."""

    def __init__(self, rig: AirlockRig, rounds: int, seed: int) -> None:
        self.rig, self.rounds, self.chance = rig, rounds, random.Random(seed)
        self.phones = [Phone() for _ in range(4 * rounds)]
        rig.peer.put(*(phone.holder for phone in self.phones))
        # The codes that opened a door here, or elsewhere, in the last round.
        self.used: list[tuple[str, str]] = []
        self.figures: Counter[str] = Counter()

    def run(self, planted: str = "") -> None:
        for number in range(self.rounds):
            self._change_site(number)
            self.rig.start_and_hear(planted)
            self._show_used_codes()
            self._scan_and_kill()
            self._check()

    def _change_site(self, number: int) -> None:
        self.state = ("normal", "released", "first person", "command")[number % 4]
        site = {"released": released(), "first person": released(first_person=True)}
        self.rig.peer.change_site(site.get(self.state, SITE))
        if self.state == "command":
            # It stays at the server, which has not heard of the answer.
            expires = int(now()) + 3600
            self.rig.peer.orders.append(DoorCommand(str(uuid.uuid4()), DOOR, "open_once", expires))

    def _show_used_codes(self) -> None:
        for code, how in self.used:
            self.rig.reader.scan(code)
            reason = self.rig.event("decision", door=DOOR)["reason"]
            assert reason in ("replayed", "code_expired"), f"{reason}: used {how}"
            self.figures[f"used {how}: {reason}"] += 1
        self.used = []

    def _scan_and_kill(self) -> None:
        rig, chance = self.rig, self.chance
        one, other, elsewhere = (self.phones.pop() for _ in range(3))
        shown_at = int(now())
        code = sign_short(one.key, shown_at)
        if chance.random() < 0.5:
            self.used.append((sign_short(elsewhere.key, shown_at), "elsewhere"))
            rig.let_in_elsewhere(elsewhere, shown_at)
        if self.state == "released":
            eventually(lambda: rig.audit.of_releases > self.figures["pulses of releases"])
        # At the inner door the strike of the round before may still hold the outer one.
        readers = [(rig.reader, code), (rig.inner_reader, other.code())]
        for reader, text in chance.choice([readers, readers[::-1], readers[:1]]):
            reader.scan(text)
        time.sleep(chance.uniform(0, MID_SCAN_SECONDS))
        rig.kill()
        stored = {entry.code: entry.uuid for entry in rig.entries() if entry.granted}
        struck = stored.get(code) in rig.audit.explained
        self.figures[f"killed {_moment(code in stored, struck)}"] += 1
        if code in stored:
            self.used.append((code, "here"))

    def _check(self) -> None:
        rig = self.rig
        self.figures["pulses of releases"] = rig.audit.of_releases
        assert rig.audit.unexplained == []
        assert rig.both == [], "both doors of the airlock were unlocked"
        holds = [coil for coil in (0, 1) if rig.relay.coil_closed(coil)]
        assert all(rig.relay.seconds_left(coil) <= LONGEST_SECONDS for coil in holds)


def _moment(stored: bool, struck: bool) -> str:
    return "behind the strike" if struck else "behind the commit" if stored else "before the commit"


def check_kills(
    folder: Path,
    rounds: int,
    seed: int,
    planted: str = "",
    scanner: str = "generic",
    board: str = "waveshare",
) -> dict[str, Any]:
    with airlock(folder, PROFILES[scanner], BOARDS[board]) as rig:
        killing = Killing(rig, rounds, seed)
        killing.run(planted)
        rig.start()
        rig.await_upload()
        assert rig.stop() == 0
        grants = {entry.uuid for entry in rig.entries() if entry.granted}
        assert rig.audit.explained.keys() <= grants
        opened = Counter(entry.ref for entry in rig.entries() if entry.kind == "opened_by_desk")
        killing.figures["commands"] = len(opened)
        assert set(opened.values()) <= {1}, "a command that is repeated opens once"
        journal = rig.journal()
        assert journal.verify_chain() == len(rig.peer.entries)
        journal.close()
    return killing.figures


THOROUGH = [pytest.mark.thorough, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    ("rounds", "scanner", "board"),
    [
        (5, "generic", "waveshare"),
        pytest.param(200, "generic", "waveshare", marks=THOROUGH),
        pytest.param(40, "zebra-ssi", "lctech", marks=THOROUGH),
    ],
)
def test_killed_in_the_middle_of_a_scan_nothing_opens_unstored_or_twice(
    tmp_path: Path, rounds: int, scanner: str, board: str
) -> None:
    print(dict(check_kills(tmp_path, rounds, seed=rounds, scanner=scanner, board=board)))


@pytest.mark.thorough
@pytest.mark.planted_fault("a bridge that strikes before it commits")
def test_a_bridge_that_strikes_first_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_kills(tmp_path, 8, seed=1, planted="strike_before_store")
