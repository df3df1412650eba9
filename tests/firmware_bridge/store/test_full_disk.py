"""A box whose disk is full is revoked: nobody is left on it."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from firmware_bridge.store.roster import Roster
from tests.world.block_device import block_device
from tests.world.rig import Phone, snapshot

pytestmark = pytest.mark.slow

NOW = 1_800_000_000.0


def test_on_a_full_disk_a_revoked_box_forgets_everybody_too(tmp_path: Path) -> None:
    phones = [Phone() for _ in range(2000)]
    with block_device(tmp_path / "disk", megabytes=24) as disk:
        with closing(Roster(disk.folder)) as roster:
            roster.apply(snapshot(*(phone.holder for phone in phones)), NOW)
            disk.fill()
            with suppress(sqlite3.Error):
                roster.set_revoked(True)
        disk.free()
        with closing(Roster(disk.folder)) as roster:
            assert roster.revoked
            assert roster.find(phones[0].kid) == (None, None)
