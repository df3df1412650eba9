"""A released door, and the doors of an airlock: the bridge as a process, its board on a pty."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.wire.messages.site import Release, Site
from tests.world.airlock import SHORT_RELEASE
from tests.world.rig import SITE, Phone, Rig, eventually, now, rigged

# A released door is pulsed so often, for so long. At a site it is six and three times as long.
EVERY_SECONDS = SHORT_RELEASE["door.schedules.EVERY_SECONDS"]
RELEASE_MS = SHORT_RELEASE["door.runner.RELEASE_MS"]


def released(**values: object) -> Site:
    """A site whose doors are open to everybody for an hour."""
    release = Release(int(now()) - 60, int(now()) + 3600)
    doors = tuple(replace(door, releases=(release,), **values) for door in SITE.doors)  # type: ignore[arg-type]
    return replace(SITE, doors=doors)


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def rig(tmp_path: Path, phone: Phone) -> Iterator[Rig]:
    with rigged(tmp_path, site=released()) as rig:
        rig.times = SHORT_RELEASE
        rig.start()
        rig.know(phone)
        yield rig


def kinds(rig: Rig) -> list[str]:
    return [entry.kind for entry in rig.entries() if entry.kind != "started"]


def test_a_released_door_stays_open_and_a_bridge_that_is_killed_shuts_it(rig: Rig) -> None:
    rig.event("released", on=True)
    eventually(lambda: len(rig.relay.pulses) >= 3)
    times = [pulse.at for pulse in rig.relay.pulses]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) < RELEASE_MS * 1_000_000, "no gap in which it falls shut"
    assert rig.relay.coil_closed(0)
    rig.kill()
    eventually(lambda: not rig.relay.coil_closed(0))
    assert kinds(rig) == ["released"]


def test_a_released_door_that_is_locked_down_is_shut_at_once(rig: Rig, phone: Phone) -> None:
    rig.event("released", on=True)
    eventually(lambda: rig.relay.coil_closed(0))
    rig.peer.change_site(released(state="lockdown"))
    rig.event("released", on=False)
    eventually(lambda: rig.relay.cuts == [0])
    assert not rig.relay.coil_closed(0)
    pulses = len(rig.relay.pulses)
    assert rig.scan(phone.code())["reason"] == "lockdown"
    assert len(rig.relay.pulses) == pulses
    assert kinds(rig) == ["released", "release_ended", "scan"]


def test_a_lockdown_ends_the_strike_of_who_was_let_in_before(rig: Rig, phone: Phone) -> None:
    rig.peer.change_site(replace(SITE, doors=(replace(SITE.doors[0], strike_ms=60_000),)))
    rig.event("released", on=False)
    assert rig.scan(phone.code())["struck"]
    shut = replace(SITE.doors[0], strike_ms=60_000, state="lockdown")
    rig.peer.change_site(replace(SITE, doors=(shut,)))
    rig.event("changes")
    eventually(lambda: not rig.relay.coil_closed(0), seconds=30)
    assert rig.relay.cuts == [0]


def test_a_lockdown_ends_a_strike_from_before_the_start(rig: Rig, phone: Phone) -> None:
    long = replace(SITE.doors[0], strike_ms=60_000)
    rig.peer.change_site(replace(SITE, doors=(long,)))
    rig.event("released", on=False)
    assert rig.scan(phone.code())["struck"]
    rig.kill()
    rig.peer.change_site(replace(SITE, doors=(replace(long, state="lockdown"),)))
    rig.start()
    eventually(lambda: not rig.relay.coil_closed(0), seconds=30)


def with_fire_panel(rig: Rig) -> None:
    rig.stop()
    text = rig.config.read_text()
    rig.config.write_text(text.replace("[[doors]]", "fire = { input = 5 }\n[[doors]]"))


def test_a_fire_whose_panel_is_not_heard_any_more_goes_on(rig: Rig) -> None:
    with_fire_panel(rig)
    rig.start()
    eventually(lambda: rig.relay.coil_closed(0))
    rig.relay.closed_inputs.add(5)
    rig.event("fire", on=True)
    rig.relay.reply_mode = "no_inputs"
    rig.event("fire", on=None)
    pulses = len(rig.relay.pulses)
    time.sleep(2 * EVERY_SECONDS)
    assert len(rig.relay.pulses) == pulses, "its cable may have burnt"
    eventually(lambda: {"fire", "input_fault"} <= set(rig.peer.statuses[-1]["alarms"].split(",")))
    rig.relay.closed_inputs.discard(5)
    rig.relay.reply_mode = "echo"
    rig.event("fire", on=False)
    eventually(lambda: len(rig.relay.pulses) > pulses)


def test_a_bridge_that_starts_in_a_fire_releases_no_door(rig: Rig) -> None:
    with_fire_panel(rig)
    rig.relay.closed_inputs.add(5)
    pulses = len(rig.relay.pulses)
    rig.start()
    time.sleep(2 * EVERY_SECONDS)
    assert len(rig.relay.pulses) == pulses


def test_without_a_network_a_bridge_releases_its_doors_by_what_it_knows(rig: Rig) -> None:
    rig.event("released", on=True)
    rig.stop()
    rig.peer.stop()
    before = len(rig.relay.pulses)
    rig.start()
    eventually(lambda: len(rig.relay.pulses) > before)
    assert kinds(rig) == ["released", "released"]
