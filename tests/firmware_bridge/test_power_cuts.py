"""The power is cut while people come in: an ext4 disk that writes nothing more from one moment on.

What no fsync has brought to the disk is gone then, unlike after a kill. It needs root and a loop
device; elsewhere the tests are skipped, and `test_power` traces the calls instead.
"""

import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.wire.token import sign_short
from tests.world.airlock import SHORT, SHORT_RELEASE, AirlockRig, airlock, released
from tests.world.block_device import PROGRAMS, BlockDevice, block_device
from tests.world.peer import serving
from tests.world.rig import DOOR, ROOT, SITE, Phone, Rig, eventually, now

pytestmark = [pytest.mark.slow, pytest.mark.system(*PROGRAMS)]

# Between two people, and how many come before the power is cut at the latest.
PAUSE_SECONDS, PEOPLE = 0.02, 12


class Cutting:
    """Rounds of a start, people who come, a cut of the power, and a start on what is left."""

    def __init__(self, rig: AirlockRig, disk: BlockDevice, rounds: int, seed: int) -> None:
        self.rig, self.disk, self.rounds, self.chance = rig, disk, rounds, random.Random(seed)
        self.phones = [Phone() for _ in range((PEOPLE + 1) * rounds)]
        rig.peer.put(*(phone.holder for phone in self.phones))
        self.figures: Counter[str] = Counter()

    def run(self, planted: str = "") -> None:
        for number in range(self.rounds):
            self.rig.peer.change_site(released(site=SHORT) if number % 2 else SHORT)
            self.rig.start_and_hear(planted)
            shown = self._let_people_in()
            self._check(shown)

    def _let_people_in(self) -> list[str]:
        """Cut the power at some moment; return the codes that were shown before."""
        shown, pulses = [], self.rig.audit.of_releases
        if self.rig.peer.site is not SHORT:
            eventually(lambda: self.rig.audit.of_releases > pulses, "the door is released")
        for _ in range(self.chance.randrange(1, PEOPLE)):
            phone, at = self.phones.pop(), int(now())
            shown.append(sign_short(phone.key, at))
            self.rig.reader.scan(shown[-1])
            time.sleep(self.chance.uniform(0, PAUSE_SECONDS))
        elsewhere = self.phones.pop()
        self.rig.let_in_elsewhere(elsewhere, int(now()))
        time.sleep(self.chance.uniform(0, 0.15))
        self.disk.cut_power()
        self.cut_at = monotonic()
        # Who comes before the box itself goes out is let in by nothing that would last.
        late = self.phones.pop()
        self.rig.reader.scan(late.code())
        time.sleep(0.02)
        self.rig.kill()
        self.disk.unmount()
        self.disk.mount()
        return shown

    def _check(self, shown: list[str]) -> None:
        rig, entries = self.rig, self.rig.entries()
        stored = {entry.uuid for entry in entries}
        opened = dict(rig.audit.explained)
        assert rig.audit.unexplained == []
        assert opened.keys() <= stored, "a door has opened of which the disk does not know"
        assert all(at < self.cut_at for at in opened.values())
        sent = {entry["uuid"] for entry in list(rig.peer.entries.values())}
        assert sent <= stored, "the server has entries that the disk has lost"
        codes = {entry.code for entry in entries if entry.granted}
        self.figures["cuts"] += 1
        self.figures["opened and on disk"] = len(opened)
        self.figures["uploaded and on disk"] = len(sent)
        self.figures["codes shown"] += len(shown)
        if shown and shown[-1] in codes:
            self._show_again(shown[-1])

    def _show_again(self, code: str) -> None:
        self.rig.start_and_hear()
        self.rig.reader.scan(code)
        reason = self.rig.event("decision", door=DOOR)["reason"]
        assert reason in ("replayed", "code_expired"), reason
        self.figures[f"shown again: {reason}"] += 1
        assert self.rig.stop() == 0


def check_power_cuts(folder: Path, rounds: int, seed: int, planted: str = "") -> dict[str, Any]:
    with block_device(folder / "data") as disk, airlock(folder) as rig:
        rig.times = SHORT_RELEASE
        cutting = Cutting(rig, disk, rounds, seed)
        cutting.run(planted)
        rig.start()
        rig.await_upload()
        assert rig.stop() == 0
        journal = rig.journal()
        assert journal.verify_chain() == len(rig.peer.entries)
        journal.close()
    return cutting.figures


@pytest.mark.parametrize(
    "rounds",
    [3, pytest.param(60, marks=[pytest.mark.thorough, pytest.mark.timeout(1800)])],
)
def test_when_the_power_is_cut_no_entry_of_an_open_door_is_lost(
    tmp_path: Path, rounds: int
) -> None:
    print(dict(check_power_cuts(tmp_path, rounds, seed=rounds)))


@pytest.mark.parametrize("planted", ["synchronous_off", "synchronous_normal"])
@pytest.mark.planted_fault("a journal that is not synced")
def test_a_journal_that_is_not_synced_loses_entries(tmp_path: Path, planted: str) -> None:
    with pytest.raises(AssertionError, match="the disk"):
        check_power_cuts(tmp_path, 3, seed=3, planted=planted)


def check_enrolments(folder: Path, rounds: int) -> Counter[str]:
    """Cut the power while a box enrols; the same code enrols it afterwards, or it is enrolled."""
    chance, figures = random.Random(rounds), Counter[str]()
    for number in range(rounds):
        own = folder / str(number)
        own.mkdir()
        with block_device(own / "data") as disk, serving(SITE) as peer:
            peer.sign_from(1)
            rig = Rig(own, peer)
            command = [*rig.program, "enrol", "--config", str(rig.config)]
            command += ["--token", peer.invite()]
            enrolling = subprocess.Popen(command, cwd=ROOT, stderr=rig.log, start_new_session=True)
            # It takes some 0.3 s to start, and 0.1 s to enrol.
            time.sleep(chance.uniform(0.1, 1.2))
            disk.cut_power()
            enrolling.kill()
            enrolling.wait()
            disk.unmount()
            disk.mount()
            again = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, check=False)
            enrolled = b"this folder is that of bridge" in again.stderr
            assert again.returncode == 0 or enrolled, again.stderr
            figures["enrolled before" if enrolled else "enrolled by the same code"] += 1
            rig.start()
            rig.event("changes")
            assert rig.stop() == 0
            rig.close()
    return figures


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(25, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])]
)
def test_when_the_power_is_cut_while_it_enrols_the_same_code_enrols_it(
    tmp_path: Path, rounds: int
) -> None:
    print(dict(check_enrolments(tmp_path, rounds)))
