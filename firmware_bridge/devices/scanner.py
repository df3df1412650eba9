"""What a door's thread wants of a scanner, whatever it speaks."""

from typing import Protocol

from firmware_bridge.devices.line import LineReader
from firmware_bridge.devices.reader_profiles import ReaderProfile
from firmware_bridge.devices.ssi import SsiReader


class Scanner(Protocol):
    """A protocol of a scanner between two reads of its port; without I/O."""

    @property
    def gap(self) -> float:
        """Seconds of silence after which `idle` is to be called while `pending`."""

    @property
    def pending(self) -> bool:
        """Whether a code has begun."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the codes that `data` completes."""

    def idle(self) -> list[bytes]:
        """End what has begun, and return it if it is a code."""

    def enqueue(self, *frames: bytes) -> None:
        """Have these frames sent to the scanner."""

    def outgoing(self) -> bytes:
        """Return what is to be sent to the scanner now, once."""


def open_scanner(profile: ReaderProfile) -> Scanner:
    """The protocol of a profile, at its beginning."""
    gap = profile.gap_ms / 1000
    if profile.protocol == "ssi":
        return SsiReader(gap, profile.prefix, profile.suffix)
    return LineReader(gap, profile.prefix, profile.suffix, profile.trigger_reply)
