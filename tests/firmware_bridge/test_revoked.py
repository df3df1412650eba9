"""A box that the server has revoked opens nothing any more, as soon as it hears of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.rig import SITE, Phone, Rig, eventually, rigged

pytestmark = pytest.mark.slow


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def rig(tmp_path: Path, phone: Phone) -> Iterator[Rig]:
    with rigged(tmp_path, site=SITE) as rig:
        rig.start()
        rig.know(phone)
        yield rig


def said_of(rig: Rig) -> str:
    command = [*rig.program, "status", "--config", str(rig.config)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout


def test_a_revoked_box_shuts_its_doors_within_seconds_and_forgets_everybody(
    rig: Rig, phone: Phone
) -> None:
    assert rig.scan(phone.code())["granted"]
    rig.peer.set_revoked()
    rig.event("revoked")
    assert not rig.scan(phone.code(30))["granted"]
    said = said_of(rig)
    assert "REVOKED" in said
    assert "0 people, 0 phones" in said


def test_it_stays_shut_after_a_restart_without_the_server(rig: Rig, phone: Phone) -> None:
    rig.peer.set_revoked()
    rig.event("revoked")
    rig.stop()
    rig.peer.stop()
    rig.start()
    assert not rig.scan(phone.code())["granted"]


def test_a_server_that_knows_the_box_again_fills_it_again(rig: Rig, phone: Phone) -> None:
    rig.peer.set_revoked()
    rig.event("revoked")
    rig.peer.set_revoked(False)
    eventually(lambda: "REVOKED" not in said_of(rig))
    eventually(lambda: "1 people" in said_of(rig))
    assert rig.scan(phone.code())["granted"]
