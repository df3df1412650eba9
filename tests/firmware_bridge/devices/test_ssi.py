"""Zebra's Simple Serial Interface: packets, handshake, and what becomes of a damaged one."""

import pytest

from firmware_bridge.devices import ssi
from firmware_bridge.devices.ssi import SsiReader

ACK = bytes.fromhex("04d00400ff28")
NAK = bytes.fromhex("05d1040001ff25")
HEARD = bytes.fromhex("04d00000ff2c")
CODE = b"Z1 A  B$%*+-./:0 "


def test_packets_are_the_published_ones() -> None:
    assert ssi.packet(ssi.START_DECODE).hex() == "04e40400ff14"
    assert ssi.packet(ssi.CMD_ACK) == ACK
    assert ssi.packet(ssi.CMD_NAK, ssi.RESEND) == NAK
    assert ssi.packet(ssi.CMD_ACK, source=ssi.DECODER) == HEARD
    assert ssi.packet(ssi.DECODE_DATA, b"\x01NR", source=0).hex() == "07f30000014e52fe65"


def test_a_code_is_read_and_acknowledged() -> None:
    reader = SsiReader(0.1)
    assert reader.feed(ssi.decode_data(CODE)[0]) == [CODE]
    assert (reader.outgoing(), reader.outgoing(), reader.pending) == (ACK, b"", False)


def test_a_long_code_comes_in_two_packets_and_each_is_acknowledged() -> None:
    reader, code = SsiReader(0.1), b"Z1" + b"A" * 270
    first, second = ssi.decode_data(code)
    assert (len(first), first[3], second[3]) == (257, ssi.MORE_FOLLOWS, 0)
    assert reader.feed(first) == []
    assert (reader.outgoing(), reader.pending) == (ACK, True)
    assert reader.feed(second) == [code]
    assert (reader.outgoing(), reader.pending) == (ACK, False)


def test_the_beginning_of_a_message_whose_rest_never_comes_is_forgotten() -> None:
    reader = SsiReader(0.1)
    reader.feed(ssi.decode_data(b"A" * 272)[0])
    for _ in range(20):
        assert reader.idle() == []
    assert not reader.pending
    assert reader.feed(ssi.decode_data(CODE)[0]) == [CODE]


def repeated(packet: bytes) -> bytes:
    body = packet[:3] + bytes([packet[3] | ssi.RETRANSMITTED]) + packet[4:-2]
    return body + ssi.check_sum(body)


def test_a_packet_whose_acknowledgement_was_lost_is_one_scan() -> None:
    reader, packet = SsiReader(0.1), ssi.decode_data(CODE)[0]
    assert reader.feed(packet) == [CODE]
    reader.outgoing()
    assert reader.feed(repeated(packet)) == []
    assert reader.outgoing() == ACK
    assert reader.feed(packet) == [CODE]  # a scan of its own


def check_a_damaged_packet_comes_again() -> None:
    reader, packet = SsiReader(0.1), ssi.decode_data(CODE)[0]
    for at in range(len(packet)):
        damaged = packet[:at] + bytes([packet[at] ^ 0x21]) + packet[at + 1 :]
        assert reader.feed(damaged) + reader.idle() == []
        assert reader.outgoing() == NAK
        assert reader.feed(repeated(packet)) == [CODE]
        assert reader.outgoing() == ACK


def test_a_damaged_packet_is_asked_for_again_and_no_line() -> None:
    check_a_damaged_packet_comes_again()


@pytest.mark.planted_fault("an unchecked packet")
def test_a_reader_that_checks_no_sum_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(buffer: bytes) -> tuple[bytes, bytes] | None:
        size = buffer[0] + 2 if buffer else 0
        return (buffer[: size - 2], buffer[size:]) if 6 <= size <= len(buffer) else None

    monkeypatch.setattr(ssi, "split_packet", unchecked)
    with pytest.raises(AssertionError):
        check_a_damaged_packet_comes_again()


def test_a_line_that_damages_everything_is_seen_at_the_door() -> None:
    """Never a scanner that beeps and a door that does nothing."""
    reader, packet = SsiReader(0.1), ssi.decode_data(CODE)[0]
    damaged = packet[:9] + b"\xff" + packet[10:]
    seen = [reader.feed(damaged) + reader.idle() for _ in range(6)]
    assert [len(lines) for lines in seen] == [0, 0, 1, 0, 0, 1]


def test_a_scanner_without_packets_opens_all_the_same() -> None:
    reader = SsiReader(0.1)
    assert reader.feed(b"]Q1" + CODE + b"\r") + reader.idle() == [CODE]
    assert reader.outgoing() == b""


def test_noise_before_a_packet_hides_it_for_one_silence_only() -> None:
    reader = SsiReader(0.1)
    # The beginning of a packet of 250 bytes, by chance.
    assert reader.feed(b"\xfa\xf3\x00" + ssi.decode_data(CODE)[0]) == []
    assert reader.idle() == [CODE]


def test_what_is_no_code_is_acknowledged_and_no_line() -> None:
    reader = SsiReader(0.1)
    for opcode, data in ((ssi.DECODE_DATA, b"\x01NR"), (0xF6, b"\x01"), (0xA4, b"PAAAAC00")):
        assert reader.feed(ssi.packet(opcode, data, source=ssi.DECODER)) == []
        assert reader.outgoing() == ACK


def test_signals_go_out_one_after_the_other() -> None:
    reader = SsiReader(0.1)
    light, sound = ssi.packet(ssi.LED_ON, b"\x01"), ssi.packet(ssi.BEEP, b"\x00")
    reader.enqueue(light, sound)
    assert (reader.outgoing(), reader.outgoing()) == (light, b"")
    assert reader.feed(HEARD) == []
    assert (reader.outgoing(), reader.outgoing()) == (sound, b"")
    # A scanner that says nothing does not hold up the next signal.
    reader.enqueue(light)
    assert reader.outgoing() == b""
    reader.idle()
    assert reader.outgoing() == light


def test_a_scanner_that_answers_nothing_costs_no_memory() -> None:
    reader = SsiReader(0.1)
    for _ in range(1000):
        reader.enqueue(ssi.packet(ssi.BEEP, b"\x00"))
    assert len(reader._waiting) == 8
