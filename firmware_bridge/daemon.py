"""The bridge of one site as a process.

One thread per door, one for uploading, one for downloading, one for questions to the server; the
main thread does maintenance and waits for SIGTERM or SIGINT. An unhandled fault in a thread stops
the process with status 1, so that the service manager restarts it: a door that is silently dead
would be worse.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, DoorSettings
from firmware_bridge.devices.outputs import RelayLine
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door.commands import execute_commands
from firmware_bridge.door.door import Door, StrikeFault
from firmware_bridge.door.runner import DoorRunner
from firmware_bridge.events import Reporter
from firmware_bridge.store.journal import Identity, Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.sync.ask import Asker, Line
from firmware_bridge.sync.client import Channel, Keys, Server, SignOn
from firmware_bridge.sync.loops import Downloader, Loop, StatusParameters, Uploader

MAINTENANCE_SECONDS: Final = 10.0
LOOP_TIMEOUT: Final = 10.0
ASK_TIMEOUT: Final = 2.0
STOP_SECONDS: Final = 3.0
# A scan must not wait Python's usual 5 ms behind an upload's turn at the interpreter.
SWITCH_SECONDS: Final = 0.0005
SOFTWARE: Final = version("zone-campus-sports")
SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Bridge:
    """Everything that runs while the process lives."""

    def __init__(
        self, config: Config, journal: Journal, identity: Identity, report: Reporter
    ) -> None:
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
            self._heartbeat,
            partial(execute_commands, self._doors, report=report),
            config.poll_seconds,
            self.stop,
            report,
        )
        self._threads = [
            self._thread("ask", self._asker.run),
            self._thread("upload", Loop("upload", uploader.step, self.stop, report).run),
            self._thread("download", Loop("download", downloader.step, self.stop, report).run),
            *(
                self._thread(f"door {number}", reader.run)
                for number, reader in enumerate(self._readers)
            ),
        ]

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        threading.excepthook = self._thread_died
        for thread in self._threads:
            thread.start()
        while signal.sigtimedwait(SIGNALS, MAINTENANCE_SECONDS) is None:
            self._maintenance()
        self.stop.set()
        self._finish()
        return 1 if self.failed else 0

    def open_ports(self) -> None:
        """Touch every reader once, so that `ready` means ready."""
        for reader in self._readers:
            reader.turn()

    def _reader(self, wired: DoorSettings) -> DoorRunner:
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
            wired.reader.port,
            wired.reader.baud,
            partial(self._port_changed, "reader", wired.door, door.note),
        )
        return DoorRunner(door, link, self.stop, self._report)

    def _strike(self, relay: RelayLine, wired: DoorSettings, ms: int) -> None:
        try:
            relay.strike(wired.relay.unit, wired.relay.coil, ms)
        except StrikeFault:
            self._alarms.set("relay_fault", wired.door, True)
            raise
        self._alarms.set("relay_fault", wired.door, False)

    def _heartbeat(self) -> StatusParameters:
        return {"clock": self._clock.state(), "software": SOFTWARE, "alarms": self._alarms.told()}

    def _port_changed(
        self, what: str, door: str, note: Callable[[str], object] | None, up: bool, why: str
    ) -> None:
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
        self._report(
            {
                "event": "failed",
                "thread": name,
                "why": f"{args.exc_type.__name__}: {args.exc_value}",
            }
        )
        threading.__excepthook__(args)
        os.kill(os.getpid(), signal.SIGTERM)

    def _maintenance(self) -> None:
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
    report(
        {"event": "ready", "bridge": identity.bridge, "doors": [door.door for door in config.doors]}
    )
    status = bridge.run()
    journal.close()
    return status
