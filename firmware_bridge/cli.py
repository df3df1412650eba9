"""The command `zone-bridge`.

zone-bridge --config FILE                   run the bridge
zone-bridge enrol --config FILE --token T   enrol this computer, once
zone-bridge rotate --config FILE            make a new device key, also while the bridge runs
zone-bridge adopt --config FILE             go on with a folder that was moved here
zone-bridge doctor --config FILE            check ports, boards, clock, key, doors and server
zone-bridge status --config FILE            say what the bridge has and does
zone-bridge tail --config FILE [--follow]   print the newest entries
zone-bridge unit --config FILE              print a systemd unit with this computer's paths
zone-bridge rules                           print udev rules for names of ports that last
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from firmware_bridge import config as settings
from firmware_bridge import port_names
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config
from firmware_bridge.config_table import ConfigError
from firmware_bridge.daemon import LOOP_TIMEOUT, run
from firmware_bridge.doctor import examine
from firmware_bridge.status import NothingStored, describe, read_status, tail
from firmware_bridge.store.box import CopiedFolder, adopt, check_box
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.lock import FolderInUse, FolderUnusable, only_process_on
from firmware_bridge.sync.client import Channel, ServerError
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.rotate import rotate

COMMANDS: Final = ("run", "enrol", "rotate", "adopt", "doctor", "status", "tail", "unit", "rules")


def unit_text(config: Config, path: Path) -> str:
    """The text of the systemd unit for the settings in `path`."""
    template = Path(__file__).with_name("zone-bridge.service").read_text("utf-8")
    paths = {
        "bin": Path(sys.executable).parent,
        "config": path.absolute(),
        # What it writes: the file of figures has to be replaced, so its folder.
        "data": " ".join(str(path.absolute()) for path in _written(config)),
    }
    return Template(template).substitute(paths)


def _written(config: Config) -> list[Path]:
    return [config.data, *([config.metrics.parent] if config.metrics is not None else [])]


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
        # The box whose folder this is a copy of would be signed on no more.
        check_box(journal, config.data)
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


def examine_box(config: Config, *, ask: bool) -> int:
    """Print what is wired and set wrongly, and what to do; return 1 where anything is."""
    wrong = 0
    for finding in examine(config, _confirm if ask else None):
        wrong += not finding.good
        print(f"{'ok  ' if finding.good else 'FAIL'}  {finding.what}", flush=True)
        if not finding.good:
            print(f"      {finding.step}", flush=True)
    print(f"{wrong} to mend" if wrong else "All is well.")
    return 1 if wrong else 0


def _confirm(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:  # nobody is there to ask
        return False


def print_status(config: Config) -> int:
    """Print the status; return 1 where the bridge does not run."""
    status = read_status(config.data)
    print("\n".join(describe(status)))
    return 0 if status.running else 1


def print_tail(config: Config, lines: int, *, follow: bool) -> int:
    """Print the newest entries, and new ones until Ctrl-C if `follow`; return the exit status."""
    try:
        for line in tail(config.data, lines, follow=lambda: follow):
            print(line, flush=True)
    except KeyboardInterrupt:
        pass  # this is how a person ends it
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("zone-bridge", description="Opens the doors of one site.")
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="run")
    parser.add_argument("--config", type=Path, help="settings (TOML); rules needs none")
    parser.add_argument(
        "--events", action="store_true", help="run: one JSON object a line on stdout"
    )
    parser.add_argument("--token", help="enrol: the one-time token from the server")
    parser.add_argument("--server", help="enrol: another origin than that of the settings")
    parser.add_argument("--no-ask", action="store_true", help="doctor: ask, scan and open nothing")
    parser.add_argument("--lines", type=int, default=20, help="tail: so many entries")
    parser.add_argument("--follow", action="store_true", help="tail: wait for new ones")
    arguments = parser.parse_args(_token_joined(sys.argv[1:] if argv is None else argv))
    if (arguments.command == "enrol") != (arguments.token is not None):
        parser.error("--token goes with enrol, and enrol needs it")
    if arguments.config is None and arguments.command != "rules":
        parser.error("--config is needed")
    return arguments


def _token_joined(argv: Sequence[str]) -> list[str]:
    """Join `--token T` to `--token=T`."""
    # A random token may begin with a dash, and argparse would read it as another option.
    argv = list(argv)
    if "--token" in argv[:-1]:
        at = argv.index("--token")
        argv[at : at + 2] = [f"--token={argv[at + 1]}"]
    return argv


def _run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.command == "rotate":
        return rotate_box(config)
    if arguments.command == "status":
        return print_status(config)
    if arguments.command == "tail":
        return print_tail(config, arguments.lines, follow=arguments.follow)
    with only_process_on(config.data):
        if arguments.command == "enrol":
            return enrol_box(config, arguments.token, arguments.server)
        if arguments.command == "adopt":
            return adopt_folder(config)
        if arguments.command == "doctor":
            return examine_box(config, ask=not arguments.no_ask)
        return run(config, events=arguments.events)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    arguments = _arguments(argv)
    if arguments.command == "rules":
        print(port_names.rules(), end="")
        return 0
    try:
        config = settings.load(arguments.config)
    except ConfigError as error:
        print(f"Settings: {error}", file=sys.stderr)
        return 2
    if arguments.command == "unit":
        print(unit_text(config, arguments.config), end="")
        return 0
    try:
        return _run(arguments, config)
    except (FolderInUse, FolderUnusable, CopiedFolder, NothingStored) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
