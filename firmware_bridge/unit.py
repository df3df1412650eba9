"""The systemd unit of this box: hardened, and with the paths of this installation and of its settings."""

import sys
from pathlib import Path
from string import Template

from firmware_bridge.config import Config


def text_of(config: Config, path: Path) -> str:
    """The unit for the settings in `path`; `zone-bridge unit` prints it."""
    template = Path(__file__).with_name("zone-bridge.service").read_text("utf-8")
    places = {"bin": Path(sys.executable).parent, "config": path.absolute(), "data": config.data.absolute()}
    return Template(template).substitute(places)
