"""Disks that are full, that fail to sync, and that hang, while people come and a door is released.

Disks of a test's own need root and a loop device; elsewhere those tests are skipped.
"""

import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.door.runner import PATIENCE_SECONDS
from tests.world.airlock import LONGEST_SECONDS, SHORT, SHORT_RELEASE, AirlockRig, airlock, released
from tests.world.block_device import PROGRAMS, block_device
from tests.world.rig import Phone, eventually

pytestmark = pytest.mark.slow


def decide_at_outer_door(rig: AirlockRig, phone: Phone) -> str:
    rig.reader.scan(phone.code())
    return str(rig.event("decision")["reason"])


def check_rows(rig: AirlockRig) -> None:
    """What opened is on disk, the chain is whole, and the server gets every row once."""
    assert rig.audit.unexplained == []
    stored = {entry.uuid for entry in rig.entries()}
    assert rig.audit.explained.keys() <= stored
    rig.await_upload()
    assert rig.stop() == 0
    journal = rig.journal()
    assert journal.verify_chain() == len(rig.peer.entries)
    journal.close()


def check_full_disk(folder: Path, restarts: int) -> Counter[str]:
    chance, figures = random.Random(restarts), Counter[str]()
    with block_device(folder / "data", megabytes=24) as disk, airlock(folder) as rig:
        rig.times = {"daemon.MAINTENANCE_SECONDS": 0.5, **SHORT_RELEASE}
        phones = [Phone() for _ in range(20 * restarts + 10)]
        rig.peer.put(*(phone.holder for phone in phones))
        rig.peer.change_site(released(site=SHORT))
        rig.start_and_hear()
        eventually(lambda: rig.audit.of_releases >= 1, "the door is released")
        disk.fill()
        # Only before a restart: later there may be no room for the entry of another release.
        pulses = rig.audit.of_releases
        eventually(lambda: rig.audit.of_releases > pulses, "it goes on", LONGEST_SECONDS)
        for number in range(restarts):
            for _ in range(chance.randrange(3, 20)):
                figures[decide_at_outer_door(rig, phones.pop())] += 1
            (rig.kill if number % 2 else rig.stop)()
            disk.fill()  # even what SQLite has given back
            rig.start_and_hear()
        assert decide_at_outer_door(rig, phones.pop()) == "journal_full"
        disk.free()
        eventually(lambda: rig.event("journal", full=False), "there is room again")
        assert decide_at_outer_door(rig, phones.pop()) == "granted"
        figures["pulses of releases"] = rig.audit.of_releases
        check_rows(rig)
    return figures


@pytest.mark.parametrize(
    "restarts", [3, pytest.param(20, marks=[pytest.mark.thorough, pytest.mark.timeout(600)])]
)
@pytest.mark.system(*PROGRAMS)
def test_on_a_full_disk_nobody_new_comes_in_and_a_released_door_goes_on(
    tmp_path: Path, restarts: int
) -> None:
    print(dict(check_full_disk(tmp_path, restarts)))


def check_failing_fsync(folder: Path, rounds: int) -> Counter[str]:
    """Let each thread's syncs of the journal fail from some number on, as strace counts them."""
    chance, figures = random.Random(rounds), Counter[str]()
    with airlock(folder) as rig:
        phones = [Phone() for _ in range(8 * rounds + 1)]
        rig.peer.put(*(phone.holder for phone in phones))
        rig.start_and_hear()
        rig.stop()
        for number in range(rounds):
            rig.peer.change_site(released(site=SHORT) if number % 2 else SHORT)
            fails = f"inject=fdatasync,fsync:error=EIO:when={chance.randrange(4, 10)}+"
            log = str(folder / "data" / "journal.sqlite-wal")
            trace = ("strace", "-f", "-qq", "-P", log, "-e", "trace=fdatasync,fsync", "-e", fails)
            rig.start_and_hear(through=(*trace, "-o", "/dev/null"))
            for _ in range(8):
                figures[decide_at_outer_door(rig, phones.pop())] += 1
            rig.kill()
            assert rig.audit.unexplained == []
        rig.start_and_hear()
        assert decide_at_outer_door(rig, phones.pop()) == "granted"
        check_rows(rig)
    assert figures["journal_full"] > 0, figures
    return figures


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=[pytest.mark.thorough, pytest.mark.timeout(600)])]
)
@pytest.mark.system("strace")
def test_whose_entry_is_not_synced_is_not_let_in(tmp_path: Path, rounds: int) -> None:
    if subprocess.run(["strace", "-o/dev/null", "true"], check=False).returncode != 0:
        pytest.skip("this user may not trace a process")
    print(dict(check_failing_fsync(tmp_path, rounds)))


def check_hanging_disk(folder: Path, rounds: int) -> None:
    with block_device(folder / "data") as disk, airlock(folder) as rig:
        phones = [Phone() for _ in range(3 * rounds)]
        rig.peer.put(*(phone.holder for phone in phones))
        for _ in range(rounds):
            rig.peer.change_site(SHORT)
            rig.start_and_hear()
            assert decide_at_outer_door(rig, phones.pop()) == "granted"
            time.sleep(1)  # its strike is over
            opened = dict(rig.audit.explained)
            disk.freeze()
            try:
                rig.reader.scan(phones.pop().code())
                time.sleep(PATIENCE_SECONDS + 0.5)
                assert rig.audit.explained == opened
            finally:
                disk.thaw()
            # Who has waited for longer than two seconds has gone away.
            decision = rig.event("decision")
            assert not decision["struck"], decision
            assert rig.audit.explained == opened
            time.sleep(0.5)  # what comes at once may have waited too
            assert decide_at_outer_door(rig, phones.pop()) == "granted"
            rig.kill()
        rig.start_and_hear()
        check_rows(rig)


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(10, marks=[pytest.mark.thorough, pytest.mark.timeout(600)])]
)
@pytest.mark.system(*PROGRAMS)
def test_while_the_disk_hangs_no_door_opens_nor_for_nobody_behind_it(
    tmp_path: Path, rounds: int
) -> None:
    check_hanging_disk(tmp_path, rounds)


def check_a_disk_that_has_gone(folder: Path, seconds: float) -> None:
    with block_device(folder / "data") as disk, airlock(folder) as rig:
        phones = [Phone() for _ in range(100)]
        rig.peer.put(*(phone.holder for phone in phones))
        rig.start_and_hear()
        disk.cut_power()
        until = monotonic() + seconds
        while monotonic() < until:
            rig.peer.change_site(released(site=SHORT))  # which the roster cannot store
            assert decide_at_outer_door(rig, phones.pop()) in ("journal_full", "unknown_key")
            time.sleep(0.3)
        assert rig.audit.explained == {}
        assert rig.process is not None
        assert rig.process.poll() is None, (rig.folder / "log").read_text()
        rig.kill()
        disk.unmount()
        disk.mount()
        rig.peer.change_site(SHORT)
        rig.start_and_hear()
        assert decide_at_outer_door(rig, phones.pop()) == "granted"
        check_rows(rig)


@pytest.mark.parametrize("seconds", [2.0, pytest.param(25.0, marks=pytest.mark.thorough)])
@pytest.mark.system(*PROGRAMS)
def test_a_disk_that_has_gone_lets_nobody_in_and_ends_nothing(
    tmp_path: Path, seconds: float
) -> None:
    check_a_disk_that_has_gone(tmp_path, seconds)
