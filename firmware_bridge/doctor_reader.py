"""The part of `zone-bridge doctor` that looks at a scanner: is it there, and set rightly?"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.config import ReaderSettings
from firmware_bridge.devices import ssi
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.reader_profiles import ReaderProfile
from firmware_bridge.devices.scanner import Scanner, open_scanner
from firmware_bridge.port_names import list_ports
from firmware_bridge.wire.token import L_CHARS, PREFIX, S_CHARS, TokenError, parse

SCAN_SECONDS: Final = 15.0
# So long after a piece of a code the next one is awaited.
PIECES_SECONDS: Final = 1.5
_POLL_SECONDS: Final = 0.25

PORT_STEP: Final = (
    "Check the cable and `port`, and that no other program has it. Run the doctor as the user of "
    "the service: sudo -u zone-bridge."
)


def port_step() -> str:
    """What to do about a port that cannot be opened, with those that are there."""
    there = ", ".join(list_ports())
    return f"{PORT_STEP} Ports that are there: {there or 'none'}."


# Asks the person at the box a question that is answered by yes or no.
Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class BoxFinding:
    """What was checked. `step`: what to do where it is not `good`."""

    good: bool
    what: str
    step: str = ""


def check_reader(
    settings: ReaderSettings, place: str, confirm: Confirm | None
) -> Iterator[BoxFinding]:
    """Check the scanner of the door `place`; without `confirm` nothing is scanned."""
    profile, lost = settings.profile, list[str]()
    link = SerialLink(settings.port, profile.baud, lambda up, why: lost.append(why), profile.parity)
    try:
        link.read(0)
        name = f"reader {settings.port} of {place} ({profile.name})"
        if lost:
            yield BoxFinding(False, f"{name}: {lost[0]}", port_step())
        elif confirm is None:
            yield BoxFinding(True, f"{name} is there")
        elif confirm(f"Show the code of a pass to {name}, within {SCAN_SECONDS:.0f} s?"):
            yield _judge_scan(name, profile, *_scan(link, profile))
    finally:
        link.close()


def _scan(link: SerialLink, profile: ReaderProfile) -> tuple[bytes, list[bytes]]:
    """What the scanner sent within SCAN_SECONDS, and the codes that were found in it."""
    scanner, raw, lines = open_scanner(profile), b"", list[bytes]()
    if profile.triggered:
        scanner.enqueue(profile.trigger)
    until = monotonic() + SCAN_SECONDS
    while monotonic() < until and not any(map(_is_code, lines)):
        link.offer(scanner.outgoing())
        data = link.read(scanner.gap if scanner.pending else _POLL_SECONDS)
        raw += data
        found = _step(scanner, data)
        if found and not lines:
            until = min(until, monotonic() + PIECES_SECONDS)
        lines += found
    link.offer(scanner.outgoing())
    return raw, lines


def _step(scanner: Scanner, data: bytes) -> list[bytes]:
    return scanner.feed(data) if data else scanner.idle()


def _judge_scan(name: str, profile: ReaderProfile, raw: bytes, lines: list[bytes]) -> BoxFinding:
    if any(map(_is_code, lines)):
        if profile.protocol == "ssi" and not _has_packet(raw):
            step = 'Switch on packets in the scanner, or set `profile = "zebra"`: it shows nothing.'
            return BoxFinding(False, f"{name}: it sends text without packets", step)
        return BoxFinding(True, f"{name} reads codes")
    if not raw:
        step = (
            "Set the scanner to USB serial (not keyboard), and to continuous or phone reading. Or "
            "the readers of two doors have each other's `port`."
        )
        if profile.trigger and not profile.triggered:
            step += " If it waits for a command: set `trigger = true`."
        return BoxFinding(False, f"{name}: nothing came", step)
    if profile.protocol != "ssi" and _has_packet(raw):
        step = 'Set `profile = "zebra-ssi"`, or switch off packets in the scanner.'
        return BoxFinding(False, f"{name}: it speaks the Simple Serial Interface", step)
    if _is_code(b"".join(lines)):
        step = f"Set `gap_ms` to more than {profile.gap_ms}, or a line end in the scanner."
        return BoxFinding(False, f"{name}: the code comes in pieces", step)
    return _judge_text(name, max(lines, key=len, default=raw))


def _judge_text(name: str, text: bytes) -> BoxFinding:
    if not text.isascii() or not text.decode("ascii").isprintable():
        step = "Set the same speed and parity in the scanner and in `baud` and `parity`."
        return BoxFinding(False, f"{name}: what came is no text: {text[:20]!r}", step)
    what = f"{name}: no code of a pass: {text[:40].decode()!r}"
    around = _around_code(text)
    if around is not None:
        prefix, suffix = (json.dumps(part.decode()) for part in around)
        step = f"The scanner adds something: set `prefix = {prefix}` and `suffix = {suffix}`."
        return BoxFinding(False, what, step)
    step = "Switch off what the scanner adds to a code, and its changes of letter case."
    return BoxFinding(False, what, step)


def _around_code(text: bytes) -> tuple[bytes, bytes] | None:
    """What stands before and after a code in this text; None where there is none in it."""
    start = text.find(PREFIX.encode())
    while start >= 0:
        for end in (start + S_CHARS, start + L_CHARS):
            if _is_code(text[start:end]):
                return text[:start], text[end:]
        start = text.find(PREFIX.encode(), start + 1)
    return None


def _is_code(text: bytes) -> bool:
    try:
        parse(text)
    except TokenError:
        return False
    return True


def _has_packet(raw: bytes) -> bool:
    """Whether a packet with a code of the Simple Serial Interface is among these bytes."""
    found = (ssi.split_packet(raw[at:]) for at in range(len(raw)))
    return any(one is not None and one[0][1] == ssi.DECODE_DATA for one in found)
