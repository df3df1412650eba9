"""Names of serial ports that last, and those that may be another device after the next start."""

import re
from pathlib import Path
from typing import Final

DEV: Final = Path("/dev")
# The kernel counts devices on USB as it finds them. A port on the board itself keeps its name.
_COUNTED: Final = re.compile(r"tty(USB|ACM)\d+")
# Where udev makes lasting names; ours first. By the socket before a number of the device's own,
# which several cheap adapters share.
_PLACES: Final = ("zone/port-*", "zone/serial-*", "serial/by-path/*", "serial/by-id/*")


def rules() -> str:
    """The udev rules that give each port on USB a lasting name."""
    return Path(__file__).with_name("zone-bridge.rules").read_text("utf-8")


def may_change(port: str) -> bool:
    """Whether this name of a port may be another device after the next start."""
    return _COUNTED.fullmatch(Path(port).name) is not None


def lasting_name(port: str, dev: Path = DEV) -> str | None:
    """The best lasting name of the device that has this name now; None: udev has made none."""
    device = Path(port).resolve()
    names = (name for place in _PLACES for name in sorted(dev.glob(place)))
    return next((str(name) for name in names if name.resolve() == device), None)


def list_ports(dev: Path = DEV) -> list[str]:
    """The serial ports that are there, by their lasting names where they have one."""
    places = ("ttyUSB*", "ttyACM*", "ttyAMA*")
    found = sorted(str(port) for place in places for port in dev.glob(place))
    return [lasting_name(port, dev) or port for port in found]
