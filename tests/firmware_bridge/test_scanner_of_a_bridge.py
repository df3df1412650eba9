"""A bridge as a process, with a scanner that speaks packets: light and sound are the door's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.devices.reader_profiles import PROFILES
from tests.world.rig import Phone, Rig, eventually, rigged


@pytest.fixture
def packets(tmp_path: Path) -> Iterator[Rig]:
    with rigged(tmp_path, profile=PROFILES["zebra-ssi"]) as rig:
        rig.write_config(reader=', profile = "zebra-ssi", baud = 115200, parity = "even"')
        yield rig


def test_a_scanner_with_packets_works_as_any_other(packets: Rig) -> None:
    phone = Phone()
    packets.start()
    packets.know(phone)
    decision = packets.scan(phone.code())
    assert decision["struck"]
    eventually(lambda: packets.reader.shown == ["granted"])
    packets.event("uploaded", waiting=0)
    assert packets.scan("JUNK")["reason"] == "malformed"
    eventually(lambda: packets.reader.shown[-1] == "refused")
    packets.reader.wire.unplug()
    packets.event("reader", up=False)
    packets.reader.wire.plug_in()
    packets.event("reader", up=True)
    assert packets.scan(Phone().long_code())["reason"] == "unknown_holder"
