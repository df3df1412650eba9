"""The command `zone-bridge`; `zone-bridge --help` lists what it does."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
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
from firmware_bridge.invitations import scan_invitation
from firmware_bridge.status import NothingStored, describe, read_status, tail
from firmware_bridge.store.box import CopiedFolder, adopt, check_box
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.lock import (
    FolderInUse,
    FolderUnusable,
    check_owner,
    only_process_on,
)
from firmware_bridge.sync.channel import UNKNOWN, Channel, RequestRefused, ServerError
from firmware_bridge.sync.enrol import NotEnrolled, check_new, enrol, identity_of, server_of
from firmware_bridge.sync.rotate import rotate
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.sync.sign_on import JournalKeys, SignOn
from firmware_bridge.wire.messages.enrol import Invitation
from firmware_bridge.wire.messages.signature import fingerprint

COMMANDS: Final = {
    "run": "open the doors; the default, and what systemd starts",
    "enrol": "enrol this computer, once: type a code, or scan one with --scan",
    "doctor": "check ports, boards, clock, key, doors and server, and say what to do",
    "status": "say what the bridge has and does",
    "tail": "print the newest entries, with --follow also new ones",
    "rotate": "make a new device key, also while the bridge runs",
    "trust": "take the server's keys of now, after they were lost",
    "adopt": "go on with a folder that was moved here",
    "unit": "print a systemd unit with this computer's paths",
    "rules": "print udev rules for names of ports that last",
}


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


_TRY_AGAIN: Final = (
    "Check the network and the address {server}, and run this again with the same code."
)


def enrol_box(config: Config, invitation: Invitation) -> int:
    """Enrol this computer; return the exit status."""
    journal, channel = Journal(config.data), Channel(invitation.server, LOOP_TIMEOUT)
    try:
        # Before the identity: a box that has one is not enrolled again.
        journal.save_server(invitation.server)
        identity = enrol(journal, channel, invitation.token)
        # At once, so that the server's keys are those of the code that was shown just now.
        _sign_on(journal, channel, identity.bridge, ServerKeys(journal, identity.bridge))
    except ServerError as error:
        print(f"Not enrolled: {error}.", file=sys.stderr)
        if not isinstance(error, RequestRefused):
            print(_TRY_AGAIN.format(server=invitation.server), file=sys.stderr)
        return 1
    finally:
        channel.close()
        journal.close()
    print(identity.bridge)
    print("Enrolled. Now try what is wired: zone-bridge doctor", file=sys.stderr)
    return 0


def _check_not_enrolled(folder: Path) -> None:
    """Find that a box is enrolled before anybody is asked for a code.

    Raises:
        RequestRefused: it is.
    """
    journal = Journal(folder)
    try:
        check_new(journal)
    finally:
        journal.close()


def invitation_for(
    config: Config, *, scan: bool, token: str | None, server: str | None
) -> Invitation:
    """Where this computer enrols, and with what: as scanned, as given, or as a person types it.

    Raises:
        ConfigError: nothing was scanned or typed, or it is not for the server of the settings.
    """
    known = server or config.server
    if scan:
        print("Show the QR code of the page Doors and bridges to a reader of this box.", flush=True)
        scanned = scan_invitation([door.reader for door in config.doors], print)
        if scanned is None:
            raise ConfigError("no enrolment code was scanned")
        if known not in (None, scanned.server):
            raise ConfigError(f"server: the code is of {scanned.server}, and this says {known}")
        return Invitation(_checked(scanned.server), scanned.token)
    if known is None:
        raise ConfigError("server: a text is needed, unless the QR code is scanned (--scan)")
    return Invitation(_checked(known), token or _typed("Code of the page Doors and bridges: "))


def _checked(server: str) -> str:
    try:
        return settings.read_origin(server)
    except ValueError as error:
        raise ConfigError(f"server: {error}") from error


def _typed(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        raise ConfigError("no code was typed") from None


def rotate_box(config: Config) -> int:
    """Rotate the device key, whether the bridge is running or not; return the exit status."""
    journal = Journal(config.data)
    identity_of(journal)
    channel = Channel(server_of(config, journal), LOOP_TIMEOUT)
    try:
        # The box whose folder this is a copy of would be signed on no more.
        check_box(journal, config.data)
        rotate(journal, channel, Clock(journal.last_trusted_time()))
    except ServerError as error:
        unknown = isinstance(error, RequestRefused) and error.code == UNKNOWN
        step = "" if unknown else " The bridge goes on as before; run it again."
        print(f"Not rotated: {error}.{step}", file=sys.stderr)
        return 1
    finally:
        channel.close()
        journal.close()
    print("The new key is in use; the old one no longer works.")
    return 0


def trust_server(config: Config) -> int:
    """Pin the keys that the server has now, whatever was pinned; return the exit status."""
    journal = Journal(config.data)
    identity = identity_of(journal)
    channel = Channel(server_of(config, journal), LOOP_TIMEOUT)
    try:
        check_box(journal, config.data)
        before, now = _pin_anew(journal, channel, identity.bridge)
    except ServerError as error:
        print(f"Nothing has changed: {error}.", file=sys.stderr)
        return 1
    finally:
        channel.close()
        journal.close()
    print(f"before: {_fingerprints(before)}\nnow:    {_fingerprints(now)}")
    print("Compare it with the key on the page Doors and bridges.")
    return 0


def _pin_anew(
    journal: Journal, channel: Channel, bridge: str
) -> tuple[Mapping[int, bytes], Mapping[int, bytes]]:
    """Pin the keys that the server names now; return those of before and these."""
    keys = ServerKeys(journal, bridge)
    before = keys.pinned()
    keys.pin({})
    try:
        _sign_on(journal, channel, bridge, keys)
    except ServerError:
        keys.pin(before)
        raise
    return before, keys.pinned()


def _fingerprints(keys: Mapping[int, bytes]) -> str:
    return ", ".join(f"{number}: {fingerprint(key)}" for number, key in keys.items()) or "none"


def _sign_on(journal: Journal, channel: Channel, bridge: str, keys: ServerKeys) -> None:
    clock = Clock(journal.last_trusted_time())
    SignOn(bridge, JournalKeys(journal), clock, keys=keys).token(channel)


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
    parser = argparse.ArgumentParser(
        "zone-bridge",
        usage="zone-bridge [COMMAND] --config FILE [options]",
        description="Opens the doors of one site.",
        epilog="commands:\n" + "\n".join(f"  {name:<9}{what}" for name, what in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command", nargs="?", choices=COMMANDS, default="run", metavar="COMMAND", help="see below"
    )
    parser.add_argument("--config", type=Path, help="settings (TOML); rules needs none")
    parser.add_argument(
        "--events", action="store_true", help="run: one JSON object a line on stdout"
    )
    parser.add_argument("--token", help="enrol: the code, or the token, from the server")
    parser.add_argument("--scan", action="store_true", help="enrol: read the QR code by a reader")
    parser.add_argument("--server", help="enrol: another origin than that of the settings")
    parser.add_argument("--no-ask", action="store_true", help="doctor: ask, scan and open nothing")
    parser.add_argument("--lines", type=_count, default=20, help="tail: so many entries")
    parser.add_argument("--follow", action="store_true", help="tail: wait for new ones")
    arguments = parser.parse_args(_token_joined(sys.argv[1:] if argv is None else argv))
    if arguments.command != "enrol" and (arguments.token is not None or arguments.scan):
        parser.error("--token and --scan go with enrol")
    if arguments.token is not None and arguments.scan:
        parser.error("--token or --scan, not both")
    if arguments.config is None and arguments.command != "rules":
        parser.error("--config is needed")
    return arguments


def _count(text: str) -> int:
    # SQLite takes a negative LIMIT for none.
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a number, 0 or more, is needed")
    return int(text)


def _token_joined(argv: Sequence[str]) -> list[str]:
    """Join `--token T` to `--token=T`."""
    # A random token may begin with a dash, and argparse would read it as another option.
    argv = list(argv)
    if "--token" in argv[:-1]:
        at = argv.index("--token")
        argv[at : at + 2] = [f"--token={argv[at + 1]}"]
    return argv


def _run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.command == "unit":
        print(unit_text(config, arguments.config), end="")
        return 0
    if arguments.command == "status":
        return print_status(config)
    if arguments.command == "tail":
        return print_tail(config, arguments.lines, follow=arguments.follow)
    # A service manager that starts it as root must not find the doors shut after an update.
    if arguments.command != "run" or os.isatty(0):
        check_owner(config.data)
    if arguments.command == "rotate":
        return rotate_box(config)
    if arguments.command == "trust":
        return trust_server(config)
    with only_process_on(config.data):
        return _run_alone(arguments, config)


def _run_alone(arguments: argparse.Namespace, config: Config) -> int:
    """Run a command that must be the only process on the data folder."""
    if arguments.command == "enrol":
        _check_not_enrolled(config.data)
        given = {name: getattr(arguments, name) for name in ("scan", "token", "server")}
        return enrol_box(config, invitation_for(config, **given))
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
        status = _run(arguments, config)
        sys.stdout.flush()
        return status
    except ConfigError as error:
        print(f"Settings: {error}", file=sys.stderr)
        return 2
    except (FolderInUse, FolderUnusable, CopiedFolder, NothingStored, NotEnrolled) as error:
        print(error, file=sys.stderr)
        return 2
    except RequestRefused as error:
        print(f"Not enrolled: {error}.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of a pipe has seen enough, as in `tail --follow | head`. What is left in the
        # buffer would fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
