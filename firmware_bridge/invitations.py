"""Where `zone-bridge enrol` gets its token and server from: a reader of the box, or a person."""

from collections.abc import Callable, Sequence
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.config import ReaderSettings
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.scanner import Scanner, open_scanner
from firmware_bridge.wire.messages.enrol import Invitation

# The code on the page is over after that time.
SCAN_SECONDS: Final = 15 * 60.0


def scan_invitation(
    readers: Sequence[ReaderSettings], say: Callable[[str], None], seconds: float = SCAN_SECONDS
) -> Invitation | None:
    """Wait until one of the readers reads the QR code of an enrolment; None: none has."""
    links = [_open(reader, say) for reader in readers]
    until = monotonic() + seconds
    try:
        while monotonic() < until:
            for link, scanner in links:
                for text in _lines(link, scanner):
                    invitation = Invitation.from_text(text.decode(errors="replace"))
                    if invitation is not None:
                        return invitation
                    say("That was another code. Show the one of the page Doors and bridges.")
    finally:
        for link, _ in links:
            link.close()
    return None


def _open(reader: ReaderSettings, say: Callable[[str], None]) -> tuple[SerialLink, Scanner]:
    profile, scanner = reader.profile, open_scanner(reader.profile)
    if profile.triggered:
        scanner.enqueue(profile.trigger)
    changed = _announcer(reader.port, say)
    return SerialLink(reader.port, profile.baud, changed, profile.parity), scanner


def _lines(link: SerialLink, scanner: Scanner) -> list[bytes]:
    link.offer(scanner.outgoing())
    data = link.read(scanner.gap)
    return scanner.feed(data) if data else scanner.idle()


def _announcer(port: str, say: Callable[[str], None]) -> Callable[[bool, str], None]:
    return lambda up, why: say(f"reader {port}: {'is back' if up else why}")
