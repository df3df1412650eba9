"""The bridge as a process with a way in and a way out, and a limit of people."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.wire.messages.site import Door
from tests.world.rig import DOOR, GYM, OTHER_DOOR, SITE, Phone, Rig, rigged

pytestmark = pytest.mark.slow

AREA = replace(GYM, passback="hard", passback_seconds=3600, occupancy_limit=1)
SITE_WITH_LIMIT = replace(
    SITE, doors=(Door(DOOR, "Gym", AREA), Door(OTHER_DOOR, "Way out", AREA, direction="out"))
)


class BothWays:
    """A rig with a second reader, on the way out."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.out = rig, SimulatedReader(rig.folder / "reader-out")
        rig.write_config(
            more=f'[[doors]]\ndoor = "{OTHER_DOOR}"\nreader = {{ port = "{self.out.wire.link}" }}\n'
            f'relay = {{ port = "{rig.relay.wire.link}", baud = 115200, coil = 1 }}'
        )

    def comes(self, phone: Phone, ahead: int = 0) -> str:
        return str(self.rig.scan(phone.code(ahead))["reason"])

    def leaves(self, phone: Phone) -> tuple[str, bool]:
        self.out.scan(phone.code())
        event = self.rig.event("decision", door=OTHER_DOOR)
        return str(event["reason"]), bool(event["leaving"])


@pytest.fixture
def both(tmp_path: Path) -> Iterator[BothWays]:
    with rigged(tmp_path, site=SITE_WITH_LIMIT) as rig:
        both = BothWays(rig)
        yield both
        both.out.close()


def test_a_full_area_has_room_again_when_somebody_has_left_also_after_a_power_cut(
    both: BothWays,
) -> None:
    anna, bertta = Phone(), Phone()
    both.rig.start()
    both.rig.know(anna, bertta)
    assert both.comes(anna) == "granted"
    assert both.comes(bertta) == "area_full"
    both.rig.kill()
    both.rig.start()
    assert both.comes(bertta) == "area_full", "the journal says who is inside"
    assert both.leaves(anna) == ("granted", True)
    assert both.comes(bertta) == "granted"
    # Her next code: within one second it could be the one with which she has left.
    assert both.comes(anna, ahead=1) == "area_full"
    assert [pulse.flash.coil for pulse in both.rig.relay.pulses] == [0, 1, 0]
    scans = [entry for entry in both.rig.entries() if entry.kind == "scan" and entry.granted]
    assert [entry.leaving for entry in scans] == [False, True, False]
