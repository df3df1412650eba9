"""A display and a log that take nothing any more, for long: the doors go on, and a release too."""

import fcntl
import os
import time
from pathlib import Path

import pytest

from tests.world.airlock import LONGEST_SECONDS, SHORT, SHORT_RELEASE, AirlockRig, airlock, released
from tests.world.rig import Phone, eventually

pytestmark = pytest.mark.slow


def block_log(rig: AirlockRig) -> int:
    """Have the bridge write its log to a pipe that is full at once; return the other end."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    rig.log.close()
    rig.log = os.fdopen(writing, "w")
    return reading


def resident_kib(rig: AirlockRig) -> int:
    assert rig.process is not None
    status = Path(f"/proc/{rig.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def check_blocked_outputs(folder: Path, people: int) -> dict[str, int]:
    with airlock(folder) as rig:
        rig.times = SHORT_RELEASE
        phones = [Phone() for _ in range(people)]
        rig.peer.put(*(phone.holder for phone in phones))
        rig.peer.change_site(released(site=SHORT))
        reading = block_log(rig)
        rig.start_and_hear()
        eventually(lambda: rig.audit.of_releases >= 1, "the door is released")
        rig.stop_reading_events()
        before = resident_kib(rig)
        for number, phone in enumerate(phones, start=1):
            for junk in range(3):  # refusals, of which both are told
                rig.reader.scan(f"junk {number} {junk}")
                time.sleep(0.01)
            rig.reader.scan(phone.code())
            eventually(
                lambda opened=number: len(rig.audit.explained) >= opened,  # type: ignore[misc]
                "the door opens",
            )
        pulses = rig.audit.of_releases
        eventually(lambda: rig.audit.of_releases > pulses, "it stays open", LONGEST_SECONDS)
        grown = resident_kib(rig) - before
        assert grown < 20_000, "what nobody reads is kept without a limit"
        assert rig.audit.unexplained == []
        assert rig.process is not None
        rig.process.terminate()
        assert rig.process.wait(30) == 0, "it does not wait for them at its end either"
        os.close(reading)
    return {"people": people, "KiB": grown}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "people", [10, pytest.param(500, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])]
)
def test_doors_go_on_while_nobody_takes_what_they_say(tmp_path: Path, people: int) -> None:
    print(check_blocked_outputs(tmp_path, people))
