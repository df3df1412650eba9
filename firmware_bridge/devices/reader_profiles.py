"""Profiles of scanners: what each family sends, wants and can show. Data only.

A profile is chosen in the settings by its name, and any of its fields can be set otherwise there.
Factory settings of scanners differ by model, and most can be changed by a code in the manual: the
profile says what the bridge expects, `zone-bridge doctor` whether it is so.

Sources: Zebra, Simple Serial Interface Programmer's Guide (72E-40451) and the opcode tables of
SE-923 and SE955; Honeywell, Xenon/Granit user guide ("Host Command Acknowledgment") and N86 user
guide ("Trigger Commands"); Newland, FM530 user manual ("Use of Programming Command"); Hangzhou
Grow, GM65 and GM861 user manuals ("Serial port instruction"). Not in these, and so not here: host
feedback of Newland, and of the GM modules, whose beeper the host cannot sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from firmware_bridge.devices import ssi

Protocol = Literal["line", "ssi"]
Parity = Literal["none", "even", "odd"]
PARITIES: Final[tuple[Parity, ...]] = ("none", "even", "odd")


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """How one family of scanners speaks.

    `protocol`: lines of text, or packets of the Simple Serial Interface. `prefix`, `suffix`: what
    the scanner adds to each code. `gap_ms`: silence of this length ends a code that has no line
    end, so pauses up to it are part of the code. `trigger`: what makes the scanner read, for one
    that does not read by itself, and `trigger_reply` its answer to that; `triggered`: it is sent.
    `granted`, `refused`: frames that make the scanner show the answer of the door, `dark` those
    that end a light; `shows`: they are sent. `same_code_ms`: a text that comes again within this
    time is the same scan, 0 where the scanner itself sees to that.
    """

    name: str
    family: str
    protocol: Protocol = "line"
    baud: int = 115200
    parity: Parity = "none"
    prefix: bytes = b""
    suffix: bytes = b"\r"
    gap_ms: int = 300
    trigger: bytes = b""
    trigger_reply: bytes = b""
    triggered: bool = False
    granted: tuple[bytes, ...] = ()
    refused: tuple[bytes, ...] = ()
    dark: tuple[bytes, ...] = ()
    shows: bool = False
    same_code_ms: int = 0


# Without a line end each code waits for the gap: longer than the pauses of 100 ms that USB adapters
# and slow scanners make within one, and too short to be noticed.
GENERIC: Final = ReaderProfile("generic", "any scanner that sends text", gap_ms=150)

_ALL: Final = (
    GENERIC,
    ReaderProfile(
        "honeywell",
        "Honeywell 1900, Xenon, Granit, N86",
        trigger=b"\x16T\r",
        # Sound of a good read, and of a bad one; the comma ends the command.
        granted=(b"\x1b7,",),
        refused=(b"\x1b8,",),
    ),
    # From the factory without a line end.
    ReaderProfile("zebra", "Zebra, Symbol; text without packets", suffix=b"", gap_ms=150),
    ReaderProfile(
        "zebra-ssi",
        "Zebra, Symbol; Simple Serial Interface",
        protocol="ssi",
        baud=9600,
        suffix=b"",
        trigger=ssi.packet(ssi.START_DECODE),
        granted=(ssi.packet(ssi.LED_ON, ssi.DECODE_LED), ssi.packet(ssi.BEEP, ssi.SHORT_HIGH)),
        refused=(ssi.packet(ssi.BEEP, ssi.LONG_LOW),),
        dark=(ssi.packet(ssi.LED_OFF, ssi.DECODE_LED),),
        shows=True,
    ),
    ReaderProfile(
        "newland",
        "Newland FM, HR, NVH",
        trigger=b"~\x010000#SCNTRG1;\x03",
        # The command again, with ACK before the semicolon and STX for the tilde.
        trigger_reply=b"\x02\x010000#SCNTRG1\x06;\x03",
    ),
    ReaderProfile(
        "gm65",
        "Grow GM60, GM65, GM861; Waveshare, DFRobot",
        baud=9600,
        # Register 0x0002; the check sum AB CD means that none is checked.
        trigger=bytes.fromhex("7e000801000201abcd"),
        trigger_reply=bytes.fromhex("02000001003331"),
        # In continuous mode it sends what is held up again and again.
        same_code_ms=1000,
    ),
)
PROFILES: Final[Mapping[str, ReaderProfile]] = MappingProxyType({one.name: one for one in _ALL})
