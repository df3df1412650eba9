"""What a scanner shows of the door's answers, and which of its scans are none."""

from firmware_bridge.devices.reader_profiles import ReaderProfile
from firmware_bridge.devices.scanner import Scanner
from firmware_bridge.door.answer import Answer


class ScannerLamp:
    """The light and the sound of a scanner that the host can drive. Times: monotonic seconds."""

    def __init__(self, profile: ReaderProfile, scanner: Scanner) -> None:
        self._profile, self._scanner = profile, scanner
        # When a green light was switched on, and until when it is true; None: it is off.
        self._lit: tuple[float, float] | None = None

    def show(self, answer: Answer, at: float) -> None:
        """Show an answer. One that is repeated has been shown."""
        if not self._profile.shows or answer.repeat:
            return
        if answer.until is None:
            self._darken()
            self._scanner.enqueue(*self._profile.refused)
        elif at < answer.until:
            self._lit = at, answer.until
            self._scanner.enqueue(*self._profile.granted)

    def tick(self, at: float, relocked_at: float) -> None:
        """End the light of a strike that is over; at `relocked_at` the last one was cut short."""
        if self._lit is not None and (at >= self._lit[1] or relocked_at >= self._lit[0]):
            self._darken()

    def _darken(self) -> None:
        if self._lit is not None:
            self._lit = None
            self._scanner.enqueue(*self._profile.dark)


class SameCode:
    """Tells a code that a scanner sends again and again from a new scan.

    The time runs from the scan that counted, not from the last one: what is held up for longer is
    looked at anew, because the answer may have changed.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._line, self._until = b"", float("-inf")

    def is_again(self, line: bytes, at: float) -> bool:
        """Whether this is the scan before; else it counts from now, monotonic seconds."""
        if line == self._line and at < self._until:
            return True
        self._line, self._until = line, at + self._seconds
        return False
