"""A network that fails in every way, and comes back: the doors go on, and nothing is lost."""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from tests.world.airlock import LONGEST_SECONDS, SHORT, SHORT_RELEASE, AirlockRig, airlock, released
from tests.world.bad_network import FAULTS, BadNetwork, Fault, bad_network
from tests.world.rig import Phone, eventually, now

pytestmark = pytest.mark.slow

# A known phone takes 3 ms, and an unknown one 0.3 s for the question. A door that waits for a
# network that hangs takes 2 s at least.
SCAN_SECONDS = 1.9
# What a door need not wait out in a single round.
QUICK = {**SHORT_RELEASE, "sync.loops.FIRST_PAUSE": 0.1, "sync.loops.LONGEST_PAUSE": 0.5}
# The longest pause of a loop is 5 s, and a call that hangs ends after 10.
BACK_SECONDS = 40.0


class Failing:
    """Rounds in which the network fails for some seconds, with people at the door."""

    def __init__(self, rig: AirlockRig, network: BadNetwork, seed: int) -> None:
        self.rig, self.network, self.chance = rig, network, random.Random(seed)
        self.phones = [Phone() for _ in range(400)]
        rig.peer.put(*(phone.holder for phone in self.phones))
        self.figures: Counter[str] = Counter()
        self.slowest = 0.0

    def fail(self, fault: Fault) -> None:
        rig, is_released = self.rig, self.chance.random() < 0.5
        rig.peer.change_site(released(site=SHORT) if is_released else SHORT)
        if is_released:
            before = rig.audit.of_releases
            eventually(lambda: rig.audit.of_releases > before, "the door is released")
        self.network.fault = fault
        new, elsewhere = Phone(), self.phones.pop()
        rig.peer.put(new.holder)
        used = elsewhere.code()
        rig.let_in_elsewhere(elsewhere, int(now()))
        pulses = rig.audit.of_releases
        for _ in range(self.chance.randrange(3, 8)):
            self._scan(self.phones.pop(), "granted")
            self._scan(Phone(), "unknown_key")
            time.sleep(0.2)
        if is_released:
            stays_open = "it stays open without the network"
            eventually(lambda: rig.audit.of_releases > pulses, stays_open, LONGEST_SECONDS)
        self.network.fault = None
        eventually(rig.knows_elsewhere, f"back after {fault}", BACK_SECONDS)
        self.figures[fault] += 1
        assert self._decision(new) == "granted"
        rig.reader.scan(used)
        assert rig.event("decision")["reason"] in ("replayed", "code_expired")

    def _scan(self, phone: Phone, reason: str) -> None:
        began = monotonic()
        assert self._decision(phone) == reason
        took = monotonic() - began
        self.slowest = max(self.slowest, took)
        assert took < SCAN_SECONDS

    def _decision(self, phone: Phone) -> str:
        self.rig.reader.scan(phone.code())
        return str(self.rig.event("decision")["reason"])


def check_bad_networks(
    folder: Path, faults: Sequence[Fault], times: Mapping[str, float]
) -> dict[str, object]:
    with airlock(folder) as rig, bad_network(rig.peer.origin) as network:
        rig.times = dict(times)
        failing = Failing(rig, network, seed=len(faults))
        rig.config.write_text(rig.config.read_text().replace(rig.peer.origin, network.origin))
        rig.start_and_hear()
        for fault in faults:
            failing.fail(fault)
        rig.peer.change_site(SHORT)
        rig.await_upload()
        assert rig.audit.unexplained == []
        assert rig.stop() == 0
        seqs = sorted(seq for _, seq in rig.peer.entries)
        assert seqs == list(range(1, len(seqs) + 1))
        journal = rig.journal()
        assert journal.verify_chain() == len(seqs)
        journal.close()
    return {**failing.figures, "entries": len(seqs), "slowest": round(failing.slowest, 3)}


@pytest.mark.parametrize(
    ("faults", "times"),
    [
        (("half_closed",), QUICK),
        pytest.param(FAULTS * 6, {}, marks=[pytest.mark.thorough, pytest.mark.timeout(1800)]),
    ],
    ids=["one", "each six times"],
)
def test_the_doors_go_on_whatever_the_network_does(
    tmp_path: Path, faults: Sequence[Fault], times: Mapping[str, float]
) -> None:
    print(check_bad_networks(tmp_path, faults, times))
