"""The command `zone-bridge`.

zone-bridge --config FILE                   run the bridge
zone-bridge enrol --config FILE --token T   enrol this computer, once
zone-bridge rotate --config FILE            make a new device key, also while the bridge runs
zone-bridge adopt --config FILE             go on with a folder that was moved here
zone-bridge unit --config FILE              print a systemd unit with this computer's paths
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from firmware_bridge import config as settings
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, ConfigError
from firmware_bridge.daemon import LOOP_TIMEOUT, run
from firmware_bridge.store.box import adopt
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.lock import FolderInUse, only_process_on
from firmware_bridge.sync.client import Channel, ServerError
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.rotate import rotate


def unit_text(config: Config, path: Path) -> str:
    """The text of the systemd unit for the settings in `path`."""
    template = Path(__file__).with_name("zone-bridge.service").read_text("utf-8")
    paths = {
        "bin": Path(sys.executable).parent,
        "config": path.absolute(),
        "data": config.data.absolute(),
    }
    return Template(template).substitute(paths)


def enrol_box(config: Config, token: str, server: str | None) -> int:
    """Enrol this computer at `server`, or at the settings' server; return the exit status."""
    journal, channel = Journal(config.data), Channel(server or config.server, LOOP_TIMEOUT)
    try:
        identity = enrol(journal, channel, token)
    except ServerError as error:
        print(f"Not enrolled: {error}", file=sys.stderr)
        return 1
    finally:
        channel.close()
        journal.close()
    print(identity.bridge)
    return 0


def rotate_box(config: Config) -> int:
    """Rotate the device key, whether the bridge is running or not; return the exit status."""
    journal, channel = Journal(config.data), Channel(config.server, LOOP_TIMEOUT)
    try:
        rotate(journal, channel, Clock(journal.last_trusted_time()))
    except ServerError as error:
        print(f"Not rotated: {error}. The bridge goes on as before; run it again.", file=sys.stderr)
        return 1
    finally:
        channel.close()
        journal.close()
    print("The new key is in use; the old one no longer works.")
    return 0


def adopt_folder(config: Config) -> int:
    """Go on here with a data folder of another computer; return the exit status."""
    journal = Journal(config.data)
    adopt(journal, config.data)
    journal.close()
    print("This box goes on with that journal. The one before must never start again.")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("zone-bridge", description="Opens the doors of one site.")
    parser.add_argument(
        "command", nargs="?", choices=("run", "enrol", "rotate", "adopt", "unit"), default="run"
    )
    parser.add_argument("--config", type=Path, required=True, help="settings (TOML)")
    parser.add_argument(
        "--events", action="store_true", help="run: one JSON object a line on stdout"
    )
    parser.add_argument("--token", help="enrol: the one-time token from the server")
    parser.add_argument("--server", help="enrol: another origin than that of the settings")
    arguments = parser.parse_args(_token_joined(sys.argv[1:] if argv is None else argv))
    if (arguments.command == "enrol") != (arguments.token is not None):
        parser.error("--token goes with enrol, and enrol needs it")
    return arguments


def _token_joined(argv: Sequence[str]) -> list[str]:
    """Join `--token T` to `--token=T`."""
    # A random token may begin with a dash, and argparse would read it as another option.
    argv = list(argv)
    if "--token" in argv[:-1]:
        at = argv.index("--token")
        argv[at : at + 2] = [f"--token={argv[at + 1]}"]
    return argv


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    arguments = _arguments(argv)
    try:
        config = settings.load(arguments.config)
    except ConfigError as error:
        print(f"Settings: {error}", file=sys.stderr)
        return 2
    if arguments.command == "unit":
        print(unit_text(config, arguments.config), end="")
        return 0
    if arguments.command == "rotate":
        return rotate_box(config)
    try:
        with only_process_on(config.data):
            if arguments.command == "enrol":
                return enrol_box(config, arguments.token, arguments.server)
            if arguments.command == "adopt":
                return adopt_folder(config)
            return run(config, events=arguments.events)
    except FolderInUse as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
