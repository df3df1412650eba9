"""The page docs/hardware.md: what the profiles of scanners say."""

from collections.abc import Iterator

from firmware_bridge.devices.reader_profiles import PROFILES, ReaderProfile


def hardware() -> Iterator[str]:
    yield "# Scanners\n"
    yield "Profiles for `doors.reader.profile` in the settings of a [bridge](bridge.md#scanners)."
    yield "Each field can be set otherwise for a scanner that is set otherwise.\n"
    yield (
        "| profile | for | baud | parity | prefix | suffix | `gap_ms` | trigger | shows the answer"
        " | `same_code_ms` |"
    )
    yield "|---|---|--:|---|---|---|--:|---|---|--:|"
    yield from map(_scanner, PROFILES.values())


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


def _with_default(frames: bytes, *, on: bool) -> str:
    """Whether there are frames for it, and whether they are sent unless it is set otherwise."""
    return "–" if not frames else "yes" if on else "if set"


def _bytes(data: bytes) -> str:
    names = {b"": "–", b"\r": "CR", b"\r\n": "CR LF", b"\t": "TAB"}
    return names.get(data, f"`{data.hex(' ')}`")
