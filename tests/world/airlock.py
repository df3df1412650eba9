"""A site for tests of faults: an airlock of two doors on one board, each pulse of it audited."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from firmware_bridge.devices.board_profiles import WAVESHARE, BoardProfile
from firmware_bridge.devices.reader_profiles import GENERIC, ReaderProfile
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import Pulse
from firmware_bridge.wire.messages.changes import SharedGrant
from firmware_bridge.wire.messages.site import Release, Site
from tests.world.audit import Audit
from tests.world.peer import Peer, serving
from tests.world.rig import DOOR, GYM, OTHER_DOOR, SITE, Phone, Rig, eventually, now

DOORS = (DOOR, OTHER_DOOR)
# The longest that the outer door stays open without the bridge: its strike, or one of a release.
LONGEST_SECONDS = 6.0


# A grant is sent only once its strike is over, where nobody opens the door: tests wait for that.
SHORT = replace(SITE, doors=tuple(replace(door, strike_ms=500) for door in SITE.doors))

# The same of a released door, by the names of its constants: see `Rig.times`.
SHORT_RELEASE = {
    "door.schedules.EVERY_SECONDS": 0.5,
    "door.schedules.RELEASE_MS": 2000,
    "door.runner.RELEASE_MS": 2000,
}


def released(seconds: float = 3600, site: Site = SITE, **values: object) -> Site:
    """The site whose outer door is open to everybody, from a minute ago on."""
    release = replace(Release(int(now()) - 60, int(now() + seconds)), **values)  # type: ignore[arg-type]
    outer, inner = site.doors
    return replace(site, doors=(replace(outer, releases=(release,)), inner))


@dataclass(frozen=True, slots=True)
class Both:
    """A pulse that came while the other door was unlocked (coil and monotonic ns)."""

    coil: int
    at: int


class AirlockRig(Rig):
    """The bridge with two doors, of which one may be open; `audit` sees each pulse."""

    def __init__(
        self,
        folder: Path,
        peer: Peer,
        scanner: ReaderProfile = GENERIC,
        board: BoardProfile = WAVESHARE,
    ) -> None:
        self.scanner, self._board = scanner, board
        self.inner_reader = SimulatedReader(folder / "inner", seed=1, profile=scanner)
        self.audit = Audit(folder / "data", DOORS)
        self.both: list[Both] = []
        super().__init__(folder, peer, self._pulsed, scanner, board)
        self.relay.closed_inputs |= {0, 1}  # shut doors close the circuits of their contacts
        peer.sign_from(1)
        peer.page = 10_000  # all at once

    def write_config(
        self, poll_seconds: float = 0.1, more: str = "", *, reader: str = "", relay: str = ""
    ) -> None:
        reader += f', profile = "{self.scanner.name}"'
        relay += f', profile = "{self._board.name}"'
        super().write_config(poll_seconds, more, reader=reader, relay=relay)
        board = f'{{ port = "{self.relay.wire.link}", baud = 115200, coil = 1{relay} }}'
        inner = (
            f'contact = {{ input = 0 }}\n[[doors]]\ndoor = "{OTHER_DOOR}"\nrelay = {board}\n'
            f'reader = {{ port = "{self.inner_reader.wire.link}"{reader} }}\n'
            "contact = { input = 1 }\n"
        )
        interlocks = f'interlocks = [["{DOOR}", "{OTHER_DOOR}"]]\n'
        self.config.write_text(interlocks + self.config.read_text() + inner)

    def start_and_hear(self, planted: str = "", through: tuple[str, ...] = ()) -> None:
        """Start, and wait until it has what the server knows."""
        self.peer.statuses.clear()
        self.start(planted=planted, through=through)
        # With the second word it has what the first one was answered with.
        eventually(lambda: len(self.peer.statuses) > 1, "the second word of the bridge")
        eventually(self.knows_elsewhere, "the grants of other boxes")

    def close(self) -> None:
        super().close()
        self.inner_reader.close()

    def _pulsed(self, pulse: Pulse) -> None:
        self.audit(pulse)
        other = 1 - pulse.flash.coil
        if self.relay.coil_closed(other):
            self.both.append(Both(pulse.flash.coil, pulse.at))

    def let_in_elsewhere(self, phone: Phone, code_at: int) -> None:
        """Have another box of the area let somebody in, by the code of that time."""
        grant = SharedGrant(phone.holder.holder, GYM.area, phone.kid, code_at, int(now()))
        self.peer.shared.append(grant)

    def knows_elsewhere(self) -> bool:
        """Whether the bridge has said that it has all grants of other boxes."""
        asked = self.peer.statuses[-1].get("grants_after") if self.peer.statuses else None
        return asked == str(len(self.peer.shared))


@contextmanager
def airlock(
    folder: Path, scanner: ReaderProfile = GENERIC, board: BoardProfile = WAVESHARE
) -> Iterator[AirlockRig]:
    """The site with its server; the bridge is enrolled and not started."""
    with serving(SITE) as peer:
        rig = AirlockRig(folder, peer, scanner, board)
        try:
            rig.enrol()
            yield rig
        finally:
            rig.close()
