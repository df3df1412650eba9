"""No green light before the entry is on disk: killed at the worst moments, and watched at its system calls."""

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


# Killed when the relay hears the frame, before it has answered: the worst moment there is.


class Killer:
    """Kills the bridge at the moment its relay hears a strike."""

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
            eventually(lambda expected=number: len(rig.relay.pulses) >= expected, "the strike")  # type: ignore[misc] # a loop's own number
            rig.kill()
            assert grants(rig) == len(rig.relay.pulses)
        assert verify_journal(rig) > rounds


def test_killed_at_the_moment_of_the_strike_its_entry_is_there(tmp_path: Path) -> None:
    check_strike_has_its_entry(tmp_path, rounds=4)


@pytest.mark.planted_fault("a bridge that strikes before it commits")
def test_a_bridge_that_strikes_before_it_commits_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_strike_has_its_entry(tmp_path, planted="strike_before_commit")


@pytest.mark.parametrize("seed", [1, 2])
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
        crowd = threading.Thread(target=show_until_cut_off, args=(rig, shown))
        crowd.start()
        time.sleep(chance.uniform(0.02, 0.25))  # the random moment itself
        rig.kill()
        crowd.join()
        assert grants(rig) >= len(rig.relay.pulses)
        rig.start()
    assert len(rig.relay.pulses) > 10
    eventually(
        lambda: {e.uuid for e in rig.entries()} == {e["uuid"] for e in rig.peer.entries.values()},
        "all sent",
    )
    assert rig.stop() == 0
    assert verify_journal(rig) == len(rig.peer.entries)


def show_until_cut_off(rig: Rig, phones: Iterator[Phone]) -> None:
    """People at the door, one after the other, until nobody reads any more."""
    for phone in phones:
        if rig.process is None or rig.process.poll() is not None:
            return
        try:
            rig.reader.scan(phone.code())
        except Unplugged:
            return
        time.sleep(0.005)


# Watched at its system calls: fdatasync has returned before the relay is written.

CALL = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\(\d+<(?P<path>[^>]*)>")
RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>")


def check_synced_before_strike(trace: str, relay: str) -> None:
    """Follow each thread: whatever it wrote to the journal's log is synced before it writes to the relay."""
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
        elif call and call["call"] == "write" and call["path"] == relay:
            strikes += 1
            assert unsynced[call["pid"]] is False
    assert strikes == 3


def traced_strikes(rig: Rig, planted: str = "") -> tuple[str, str]:
    """What the bridge told the system while three people entered, and the path of the relay's pty."""
    if subprocess.run(["strace", "-o/dev/null", "true"], check=False).returncode != 0:
        pytest.skip(
            "this machine lets no user trace a process: the setting itself is checked in test_journal"
        )
    trace = rig.folder / "trace"
    calls = "trace=pwrite64,write,fsync,fdatasync"
    phones = [Phone() for _ in range(3)]
    rig.peer.put(*(phone.holder for phone in phones))
    rig.start(
        planted=planted, through=("strace", "-f", "-y", "-s", "0", "-e", calls, "-o", str(trace))
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
