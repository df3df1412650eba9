"""No strike before the entry is on disk: the bridge is killed, and its system calls are traced."""

import random
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.sim.relay import Pulse
from firmware_bridge.sim.wire_end import Unplugged
from firmware_bridge.store.journal import Journal
from tests.world.rig import Phone, Rig, eventually, rigged

pytestmark = pytest.mark.slow


def verify_journal(rig: Rig) -> int:
    journal = Journal(rig.folder / "data")
    try:
        return journal.verify_chain()
    finally:
        journal.close()


def grants(rig: Rig) -> int:
    return sum(entry.granted for entry in rig.entries())


# Killed when the relay has read the frame and not yet answered.


class Killer:
    """Kills the bridge when its relay reads a strike."""

    rig: Rig

    def __call__(self, pulse: Pulse) -> None:
        if self.rig.process is not None:
            self.rig.process.kill()


def check_strike_has_its_entry(folder: Path, *, planted: str = "", rounds: int = 1) -> None:
    killer = Killer()
    with rigged(folder, on_pulse=killer) as rig:
        killer.rig = rig
        phones = [Phone() for _ in range(rounds)]
        rig.peer.put(*(phone.holder for phone in phones))
        for number, phone in enumerate(phones, start=1):
            rig.start(planted=planted)
            if number == 1:
                rig.event("changes")
            rig.reader.scan(phone.code())
            eventually(lambda expected=number: len(rig.relay.pulses) >= expected, "the strike")  # type: ignore[misc] # bound per round
            rig.kill()
            assert grants(rig) == len(rig.relay.pulses)
        assert verify_journal(rig) > rounds


def test_killed_at_the_moment_of_the_strike_its_entry_is_there(tmp_path: Path) -> None:
    check_strike_has_its_entry(tmp_path, rounds=4)


@pytest.mark.thorough
@pytest.mark.planted_fault("a bridge that strikes before it commits")
def test_a_bridge_that_strikes_before_it_commits_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_strike_has_its_entry(tmp_path, planted="strike_before_store")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_killed_at_random_moments_every_strike_has_its_entry_and_all_arrive_once(
    rig: Rig, seed: int
) -> None:
    chance = random.Random(seed)
    phones = [Phone() for _ in range(400)]
    rig.peer.put(*(phone.holder for phone in phones))
    rig.start()
    rig.event("changes")
    shown = iter(phones)
    for _ in range(5):
        people = threading.Thread(target=scan_until_killed, args=(rig, shown))
        people.start()
        time.sleep(chance.uniform(0.02, 0.25))  # the random moment of the kill
        rig.kill()
        people.join()
        assert grants(rig) >= len(rig.relay.pulses)
        rig.start()
    assert len(rig.relay.pulses) > 10
    rig.await_upload()
    assert rig.stop() == 0
    assert verify_journal(rig) == len(rig.peer.entries)


def scan_until_killed(rig: Rig, phones: Iterator[Phone]) -> None:
    """Scan one phone after the other until the bridge is gone."""
    for phone in phones:
        if rig.process is None or rig.process.poll() is not None:
            return
        try:
            rig.reader.scan(phone.code())
        except Unplugged:
            return
        time.sleep(0.005)


# Traced: fdatasync has returned before the write to the relay.

CALL = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\(\d+<(?P<path>[^>]*)>")
RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>")


def check_synced_before_strike(trace: str, relay: str) -> None:
    """Each thread has synced its writes to the journal's log before it writes to the relay."""
    unsynced: dict[str, bool] = {}
    syncing: set[str] = set()
    strikes = 0
    for line in trace.splitlines():
        call, resumed = CALL.match(line), RESUMED.match(line)
        if call and call["path"].endswith("journal.sqlite-wal"):
            if call["call"] == "pwrite64":
                unsynced[call["pid"]] = True
            elif "unfinished" in line:
                syncing.add(call["pid"])
            else:
                unsynced[call["pid"]] = False
        elif resumed and resumed["call"] in ("fdatasync", "fsync") and resumed["pid"] in syncing:
            syncing.discard(resumed["pid"])
            unsynced[resumed["pid"]] = False
        # Function 05: the others ask for the state of the coil.
        elif call and call["call"] == "write" and call["path"] == relay and r'"\1\5' in line:
            strikes += 1
            assert unsynced[call["pid"]] is False
    assert strikes == 3


def traced_strikes(rig: Rig, planted: str = "") -> tuple[str, str]:
    """The system calls of the bridge during three grants, and the path of the relay's pty."""
    if subprocess.run(["strace", "-o/dev/null", "true"], check=False).returncode != 0:
        pytest.skip(
            "this user may not trace a process: test_journal checks the SQLite settings instead"
        )
    trace = rig.folder / "trace"
    calls = "trace=pwrite64,write,fsync,fdatasync"
    phones = [Phone() for _ in range(3)]
    rig.peer.put(*(phone.holder for phone in phones))
    rig.start(
        planted=planted, through=("strace", "-f", "-y", "-s", "2", "-e", calls, "-o", str(trace))
    )
    rig.event("changes")
    for phone in phones:
        assert rig.scan(phone.code())["struck"]
    rig.stop()
    return trace.read_text(), str((rig.folder / "relay").resolve())


@pytest.mark.system("strace")
def test_the_journal_is_synced_before_the_relay_is_written(rig: Rig) -> None:
    check_synced_before_strike(*traced_strikes(rig))


@pytest.mark.parametrize("planted", ["synchronous_off", "synchronous_normal"])
@pytest.mark.system("strace")
@pytest.mark.planted_fault("a journal that is not synced")
def test_a_journal_that_is_not_synced_fails_the_check(rig: Rig, planted: str) -> None:
    traced = traced_strikes(rig, planted)
    with pytest.raises(AssertionError):
        check_synced_before_strike(*traced)
