"""The bridge of one site: `zone-bridge --config FILE`, once per box `zone-bridge enrol --config FILE --token T`, and
`zone-bridge rotate --config FILE` for a new device key while it runs.

One thread per door, one for uploading, one for downloading, one for questions to the server; the main thread keeps
house and waits for SIGTERM or SIGINT. A thread that dies of a fault nobody foresaw stops the process with status 1,
so that the service manager starts it afresh: a door that is silently dead would be worse.
"""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from firmware_bridge import config as settings
from firmware_bridge import report as reports
from firmware_bridge import unit
from firmware_bridge.alarms import Alarms
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, ConfigError, DoorSettings
from firmware_bridge.door import Door, StrikeFault
from firmware_bridge.drivers.line import IDLE_SECONDS, LineReader
from firmware_bridge.link import RelayLine, SerialLink
from firmware_bridge.orders import carry_out
from firmware_bridge.report import Reporter, decision_event
from firmware_bridge.store.journal import Identity, Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.ask import Asker, Line
from firmware_bridge.sync.client import Channel, Keys, Server, ServerError, SignOn
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Loop, Told, Uploader
from firmware_bridge.sync.rotate import rotate

POLL_SECONDS: Final = 0.25
"""How often a silent door looks whether it should stop."""
HOUSE_SECONDS: Final = 10.0
LOOP_TIMEOUT: Final = 10.0
ASK_TIMEOUT: Final = 2.0
STOP_SECONDS: Final = 3.0
SWITCH_SECONDS: Final = 0.0005
"""A scan must not wait Python's usual 5 ms behind an upload's turn at the interpreter."""
SOFTWARE: Final = version("zone-campus-sports")
SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Reader:
    """The scanner of one door, its port and the door behind it: one thread's work."""

    def __init__(self, door: Door, link: SerialLink, stop: threading.Event, report: Reporter) -> None:
        self._door, self._link, self._stop, self._report = door, link, stop, report
        self._line = LineReader()

    def run(self) -> None:
        self._go_first()
        while not self._stop.is_set():
            self.turn()
        self._link.close()

    def _go_first(self) -> None:
        """A person waits for this thread and for no other, here or in another program. A scan takes 2.9 bare commits
        so, and 3.2 without. Where the service may not (LimitRTPRIO=1 allows it), the door takes its turn."""
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except PermissionError as error:
            self._report({"event": "priority", "door": self._door.door, "why": str(error)})

    def turn(self) -> None:
        """Wait a moment for bytes, and answer every line that they complete."""
        data = self._link.read(IDLE_SECONDS if self._line.pending else POLL_SECONDS)
        for line in self._line.feed(data) if data else self._line.idle():
            self._report(decision_event(self._door.door, self._door.scanned(line)))


class Bridge:
    """Everything that runs while the process lives."""

    def __init__(self, config: Config, journal: Journal, identity: Identity, report: Reporter) -> None:
        self.stop = threading.Event()
        self.failed = False
        self._journal, self._report = journal, report
        self._roster = Roster(config.data)
        self._clock = Clock(journal.last_trusted_time())
        self._sign_on = SignOn(identity.bridge, Keys(journal), self._clock)
        self._line = Line()
        self._servers: list[Server] = []
        self._alarms = Alarms(journal, self._clock)
        self._relays: dict[str, RelayLine] = {}
        self._doors: dict[str, Door] = {}
        self._asker = Asker(self._roster, self._server(config, ASK_TIMEOUT), self._line)
        self._readers = [self._reader(door) for door in config.doors]
        uploader = Uploader(journal, self._server(config, LOOP_TIMEOUT), self.stop, report)
        downloader = Downloader(
            self._roster,
            self._server(config, LOOP_TIMEOUT),
            self._clock,
            journal,
            self._tell,
            partial(carry_out, self._doors, report=report),
            config.poll_seconds,
            self.stop,
            report,
        )
        self._threads = [
            self._thread("ask", self._asker.run),
            self._thread("upload", Loop("upload", uploader.step, self.stop, report).run),
            self._thread("download", Loop("download", downloader.step, self.stop, report).run),
            *(self._thread(f"door {number}", reader.run) for number, reader in enumerate(self._readers)),
        ]

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        threading.excepthook = self._thread_died
        for thread in self._threads:
            thread.start()
        while signal.sigtimedwait(SIGNALS, HOUSE_SECONDS) is None:
            self._keep_house()
        self.stop.set()
        self._finish()
        return 1 if self.failed else 0

    def open_ports(self) -> None:
        """Touch every reader once, so that `ready` means ready."""
        for reader in self._readers:
            reader.turn()

    def _reader(self, wired: DoorSettings) -> Reader:
        relay = self._relays.get(wired.relay.port)
        if relay is None:
            changed = partial(self._port_changed, "relay", wired.door, None)
            relay = RelayLine(SerialLink(wired.relay.port, wired.relay.baud, changed))
            self._relays[wired.relay.port] = relay
        strike = partial(self._strike, relay, wired)
        door = self._doors[wired.door] = Door(
            wired.door, self._journal, self._roster, self._clock, self._asker.ask, strike
        )
        door.note("started")
        link = SerialLink(
            wired.reader.port, wired.reader.baud, partial(self._port_changed, "reader", wired.door, door.note)
        )
        return Reader(door, link, self.stop, self._report)

    def _strike(self, relay: RelayLine, wired: DoorSettings, ms: int) -> None:
        try:
            relay.strike(wired.relay.unit, wired.relay.coil, ms)
        except StrikeFault:
            self._alarms.set("relay_fault", wired.door, True)
            raise
        self._alarms.set("relay_fault", wired.door, False)

    def _tell(self) -> Told:
        return {"clock": self._clock.state(), "software": SOFTWARE, "alarms": self._alarms.told()}

    def _port_changed(self, what: str, door: str, note: Callable[[str], object] | None, up: bool, why: str) -> None:
        self._report({"event": what, "door": door, "up": up, "why": why})
        if what == "reader":
            self._alarms.set("reader_lost", door, not up)
        if note is not None:
            note(f"{what}_back" if up else f"{what}_lost")

    def _server(self, config: Config, timeout: float) -> Server:
        server = Server(Channel(config.server, timeout), self._sign_on, self._line.heard)
        self._servers.append(server)
        return server

    def _thread(self, name: str, run: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=run, name=name, daemon=True)

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        self.failed = True
        name = args.thread.name if args.thread is not None else "?"
        self._report({"event": "failed", "thread": name, "why": f"{args.exc_type.__name__}: {args.exc_value}"})
        threading.__excepthook__(args)
        os.kill(os.getpid(), signal.SIGTERM)

    def _keep_house(self) -> None:
        if self._journal.full and self._journal.reclaim():
            self._report({"event": "journal", "full": False})
        self._journal.prune(self._clock.now())

    def _finish(self) -> None:
        self._asker.stop()
        self._journal.appended.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            for server in self._servers:
                server.close()
            for relay in self._relays.values():
                relay.close()
            self._roster.close()
        self._report({"event": "stopped"})


def run(config: Config, report: Reporter) -> int:
    """Serve the site until SIGTERM or SIGINT; the exit status."""
    journal = Journal(config.data)
    identity = journal.identity()
    if identity is None:
        journal.close()
        print("This box is not enrolled: run zone-bridge enrol first.", file=sys.stderr)
        return 2
    # Blocked before any thread starts, so that only the main thread's sigtimedwait ever takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    sys.setswitchinterval(SWITCH_SECONDS)
    bridge = Bridge(config, journal, identity, report)
    bridge.open_ports()
    # What lives now lives as long as the process: a collection that looks through it holds up a door for 5 ms.
    gc.freeze()
    report({"event": "ready", "bridge": identity.bridge, "doors": [door.door for door in config.doors]})
    status = bridge.run()
    journal.close()
    return status


def enrol_box(config: Config, token: str, server: str | None) -> int:
    """Enrol this box; the exit status."""
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
    """Give this box a new device key, whether the bridge is running or not; the exit status."""
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


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("zone-bridge", description="Opens the doors of one site.")
    parser.add_argument("command", nargs="?", choices=("run", "enrol", "rotate", "unit"), default="run")
    parser.add_argument("--config", type=Path, required=True, help="settings (TOML)")
    parser.add_argument("--events", action="store_true", help="run: one JSON object a line on stdout")
    parser.add_argument("--token", help="enrol: the one-time token from the server")
    parser.add_argument("--server", help="enrol: another origin than that of the settings")
    arguments = parser.parse_args(_token_joined(sys.argv[1:] if argv is None else argv))
    if (arguments.command == "enrol") != (arguments.token is not None):
        parser.error("--token goes with enrol, and enrol needs it")
    return arguments


def _token_joined(argv: Sequence[str]) -> list[str]:
    """A random token may begin with a dash, which argparse would take for another option."""
    argv = list(argv)
    if "--token" in argv[:-1]:
        at = argv.index("--token")
        argv[at : at + 2] = [f"--token={argv[at + 1]}"]
    return argv


def main(argv: Sequence[str] | None = None) -> int:
    """The command `zone-bridge`."""
    arguments = _arguments(argv)
    try:
        config = settings.load(arguments.config)
    except ConfigError as error:
        print(f"Settings: {error}", file=sys.stderr)
        return 2
    if arguments.command == "unit":
        print(unit.text_of(config, arguments.config), end="")
        return 0
    if arguments.command == "enrol":
        return enrol_box(config, arguments.token, arguments.server)
    if arguments.command == "rotate":
        return rotate_box(config)
    return run(config, reports.standard(events=arguments.events))


if __name__ == "__main__":
    sys.exit(main())
