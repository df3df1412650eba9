"""The page docs/hardware.md: what the profiles of scanners and boards say."""

from collections.abc import Iterator

from firmware_bridge.devices.board_profiles import BOARDS, REFUSED, BoardProfile
from firmware_bridge.devices.reader_profiles import PROFILES, ReaderProfile


def hardware() -> Iterator[str]:
    yield "# Scanners and relay boards\n\n## Scanners\n"
    yield "Profiles for `doors.reader.profile` in the settings of a [bridge](bridge.md#scanners)."
    yield "Each field can be set otherwise for a scanner that is set otherwise.\n"
    yield (
        "| profile | for | baud | parity | prefix | suffix | `gap_ms` | trigger | shows the answer"
        " | `same_code_ms` |"
    )
    yield "|---|---|--:|---|---|---|--:|---|---|--:|"
    yield from map(_scanner, PROFILES.values())
    yield "\n## Relay boards\n"
    yield "Profiles for `doors.relay.profile`, and for the boards of inputs and lamps. The relay is"
    yield "read back after each pulse began, and after its end.\n"
    yield "| profile | for | pulse by | coils and inputs are read by | baud | address |"
    yield "|---|---|---|---|--:|---|"
    yield from map(_board, BOARDS.values())
    yield "\nBoards are read and written with 8 data bits, no parity and one stop bit (8N1)."
    yield "\nRefused, with the reason, by the bridge and by `zone-bridge doctor`:\n"
    yield "| profile | why |\n|---|---|"
    yield from (f"| `{name}` | {reason.split(' Use ')[0]} |" for name, reason in REFUSED.items())


def _scanner(profile: ReaderProfile) -> str:
    cells = (
        f"`{profile.name}`",
        profile.family,
        str(profile.baud),
        profile.parity,
        _bytes(profile.prefix),
        _bytes(profile.suffix),
        str(profile.gap_ms),
        _with_default(profile.trigger, on=profile.triggered),
        _with_default(b"".join(profile.granted + profile.refused), on=profile.shows),
        str(profile.same_code_ms),
    )
    return f"| {' | '.join(cells)} |"


def _board(profile: BoardProfile) -> str:
    pulses = {
        "coil": "function 05 at `0x0200` + coil",
        "registers": "function 16 at 3 + 5 × coil, mode 4",
    }
    count = f"always {profile.read_at_once} at once" if profile.read_at_once else "any number"
    cells = (
        f"`{profile.name}`",
        profile.family,
        pulses[profile.pulse],
        f"functions 01 and 02, {count}",
        str(profile.baud),
        f"{profile.unit} (1 to {profile.last_unit})",
    )
    return f"| {' | '.join(cells)} |"


def _with_default(frames: bytes, *, on: bool) -> str:
    """Whether there are frames for it, and whether they are sent unless it is set otherwise."""
    return "–" if not frames else "yes" if on else "if set"


def _bytes(data: bytes) -> str:
    names = {b"": "–", b"\r": "CR", b"\r\n": "CR LF", b"\t": "TAB"}
    return names.get(data, f"`{data.hex(' ')}`")
