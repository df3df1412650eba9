"""The bridge of one site as a process.

One thread per port of a reader and of relay boards, one for uploads, one for downloads, one for
questions to the server. The main thread does maintenance and waits for SIGTERM or SIGINT.
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

from firmware_bridge.boards import Boards
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, DoorSettings
from firmware_bridge.devices.outputs import RelayCoil
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door.commands import execute_commands
from firmware_bridge.door.door import Door
from firmware_bridge.door.doorway import Doorway
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.door.reader import ReaderThread
from firmware_bridge.door.schedules import Moment, Schedule
from firmware_bridge.door.signals import DoorSignals
from firmware_bridge.events import Reporter, standard_reporter
from firmware_bridge.maintenance import Maintenance
from firmware_bridge.metrics import Decisions, MetricsFile, Sources
from firmware_bridge.store.box import CopiedFolder, check_box
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.presence import KEEP_SECONDS, Presence
from firmware_bridge.store.roster import open_roster
from firmware_bridge.sync.alarms import Alarms
from firmware_bridge.sync.ask import Asker, Reachability
from firmware_bridge.sync.channel import Channel
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import server_of
from firmware_bridge.sync.loops import Downloader, Loop, StatusParameters, Uploader
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.sync.sign_on import JournalKeys, SignOn
from firmware_bridge.watchdog import LoopWatch, notify
from firmware_bridge.wire.messages.alarms import (
    FIRE,
    HELD_OPEN,
    READER_LOST,
    UNREADABLE,
)
from firmware_bridge.wire.version import FIRST_WIRE, GRANTS_WIRE, WIRE

MAINTENANCE_SECONDS: Final = 10.0
LOOP_TIMEOUT: Final = 10.0
# Shorter, because a question older than 2 s is dropped anyway (STALE_SECONDS in sync/ask.py).
ASK_TIMEOUT: Final = 2.0
STOP_SECONDS: Final = 3.0
# Python's thread switch interval; with the usual 5 ms a scan could wait that long for an upload.
SWITCH_SECONDS: Final = 0.0005
SOFTWARE: Final = version("zone-campus-sports")
SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Bridge:
    """The doors, loops and threads of the process."""

    def __init__(
        self, config: Config, journal: Journal, identity: Identity, report: Reporter
    ) -> None:
        self.stop = threading.Event()
        self.failed = False
        self._watch = LoopWatch()
        self._journal, self._report = journal, report
        journal.compared.clear()
        self._roster, damage = open_roster(config.data)
        if damage:
            report({"event": "roster", "rebuilt": True, "why": damage})
        self._clock = Clock(journal.last_trusted_time())
        # Not by a clock that has lost its time: all that the journal has would count.
        known = max(self._clock.now(), journal.last_trusted_time())
        movements = journal.movements(known - KEEP_SECONDS)
        self._elsewhere = Elsewhere(Presence(movements))
        self._alarms = Alarms(journal, self._roster, self._clock)
        keys = ServerKeys(journal, identity.bridge, self._alarms.note_forged)
        ring = JournalKeys(journal)
        self._sign_on = SignOn(
            identity.bridge, ring, self._clock, self._signed_on, keys, self._revoked
        )
        self._wire: int | None = None
        self._reachability = Reachability()
        self._servers: list[Server] = []
        self._boards = Boards(self._alarms, report)
        self._doors: dict[str, Door] = {}
        self._decisions = Decisions(door.door for door in config.doors)
        # None: the panel has not been heard yet, and may tell of a fire.
        self._burning: bool | None = False if config.fire is None else None
        asking = self._connect(config, ASK_TIMEOUT)
        self._asker = Asker(self._roster, asking, self._reachability)
        self._interlocks = {
            door: interlock
            for group, interlock in ((group, Interlock()) for group in config.interlocks)
            for door in group
        }
        self._readers = [self._build_reader(door) for door in config.doors]
        if config.fire is not None:
            # Of no door: a panel that is not heard is an alarm of the whole box.
            board = self._boards.inputs(config.fire, "")
            board.add(config.fire.input, self._fire, active_closed=not config.fire.inverted)
        self._threads = self._build_threads(config)

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit status."""
        threading.excepthook = self._thread_died
        for thread in self._threads:
            thread.start()
        notify("READY=1")
        maintenance = Maintenance(self._journal, self._clock, self._watch, self._report)
        while signal.sigtimedwait(SIGNALS, MAINTENANCE_SECONDS) is None:
            maintenance.round()
        notify("STOPPING=1")
        self.stop.set()
        self._shut_down()
        return 1 if self.failed else 0

    def open_ports(self) -> None:
        """Read every scanner's port, and ask every board, before `ready` is reported."""
        for reader in self._readers:
            reader.open()
        for line in self._boards.lines.values():
            line.check()
            # Twice, so that each contact is known: see `BoardInput.update`.
            line.poll()
            line.poll()

    def _build_threads(self, config: Config) -> list[threading.Thread]:
        stop, report = self.stop, self._report
        uploader = Uploader(self._journal, self._connect(config, LOOP_TIMEOUT), stop, report)
        downloader = Downloader(
            self._roster,
            self._connect(config, LOOP_TIMEOUT),
            self._clock,
            self._journal,
            self._status,
            partial(
                execute_commands,
                self._doors,
                report=report,
                unknown=self._alarms.set_unknown_word,
            ),
            config.poll_seconds,
            stop,
            report,
            self._elsewhere,
            # Until the next start: staff must look at the journal.
            lambda kind: self._alarms.set(kind, "", True),
        )
        alive = self._watch.alive
        # From now on: one that never begins a round hangs too.
        for loop in ("ask", "upload", "download"):
            alive(loop)
        for port in self._boards.lines:
            alive(f"relay {port}")
        for wired in config.doors:
            alive(f"reader {wired.reader.port}")
        work: dict[str, Callable[[], None]] = {
            "ask": partial(self._asker.run, partial(alive, "ask")),
            "upload": Loop("upload", uploader.step, stop, report, alive).run,
            "download": Loop("download", downloader.step, stop, report, alive).run,
        }
        awaited = {f"door {number}": reader.run for number, reader in enumerate(self._readers)}
        awaited |= {
            f"relay {port}": partial(line.run, stop, partial(alive, f"relay {port}"))
            for port, line in self._boards.lines.items()
        }
        work |= {name: partial(self._run_first, name, run) for name, run in awaited.items()}
        if config.metrics is not None:
            work["metrics"] = MetricsFile(config.metrics, self._figures(config), stop, report).run
        return [threading.Thread(target=run, name=name, daemon=True) for name, run in work.items()]

    def _run_first(self, name: str, run: Callable[[], None]) -> None:
        """Run what a person at a door waits for, before other work of the machine."""
        self._raise_priority(name)
        run()

    def _raise_priority(self, thread: str) -> None:
        # A line of boards too: the thread that reads its inputs has the bus and the GIL meanwhile,
        # and a door would wait until the machine has time for it. The systemd unit allows it by
        # LimitRTPRIO=1; elsewhere the doors run at normal priority.
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except PermissionError as error:
            self._report({"event": "priority", "thread": thread, "why": str(error)})

    def _figures(self, config: Config) -> Sources:
        """What the metrics are read from."""
        return Sources(
            config.data,
            self._doors,
            self._decisions,
            self._journal,
            self._roster,
            self._clock,
            self._alarms,
            self._watch,
            self._reachability.last_up,
            SOFTWARE,
        )

    def _build_reader(self, wired: DoorSettings) -> ReaderThread:
        output = self._boards.coil(wired.relay, wired.door)
        door = self._doors[wired.door] = Door(
            wired.door,
            self._journal,
            self._roster,
            self._clock,
            self._asker.ask,
            output,
            partial(self._doubt_clock, wired.door),
            self._elsewhere,
        )
        door.on_answer = partial(self._decisions.count, wired.door)
        door.runner.note("started")
        signals = DoorSignals([self._boards.signal(one, wired.door) for one in wired.signals])
        door.runner.on_opened, door.on_relocked = signals.opened, signals.relocked
        door.runner.interlock = self._interlocks.get(wired.door)
        doorway = self._build_doorway(wired, door, output, signals) if wired.inputs else None
        schedule = Schedule(
            door.runner,
            self._clock,
            output,
            partial(self._moment, door),
            self._report,
            doorway.freed if doorway is not None else lambda until: None,
            door.strike_ended,
        )
        self._boards.line(wired.relay, wired.door).rounds.append(schedule.look)
        link = SerialLink(
            wired.reader.port,
            wired.reader.profile.baud,
            partial(self._reader_changed, door),
            wired.reader.profile.parity,
        )
        alive = partial(self._watch.alive, f"reader {wired.reader.port}")
        profile = wired.reader.profile
        return ReaderThread(door, link, self.stop, self._report, alive, profile, signals)

    def _build_doorway(
        self, wired: DoorSettings, door: Door, lock: RelayCoil, signals: DoorSignals
    ) -> Doorway:
        """The contact and the exit button of a door."""
        set_held = partial(self._alarms.set, HELD_OPEN, wired.door)
        doorway = Doorway(
            door.runner,
            self._clock,
            lock,
            self._report,
            set_held,
            door,
            sees_exits=wired.exit is not None,
            signals=signals,
        )
        if (contact := wired.contact) is not None:
            # A shut door closes its circuit, so that a cut wire shows as an open door.
            self._boards.inputs(contact, wired.door).add(
                contact.input, doorway.contact_moved, active_closed=contact.inverted
            )
            self._boards.line(contact, wired.door).rounds.append(doorway.tick)
            door.runner.on_strike = doorway.struck
        if (button := wired.exit) is not None:
            # Not steady: who presses it briefly, and goes out, has forced no door.
            self._boards.inputs(button, wired.door).add(
                button.input, doorway.exit_moved, active_closed=not button.inverted, steady=False
            )
        return doorway

    def _doubt_clock(self, door: str, ahead: float) -> None:
        self._report({"event": "clock", "door": door, "phones_ahead": round(ahead)})
        self._sign_on.doubt_clock()

    def _moment(self, door: Door) -> Moment:
        """What decides beside the schedule whether a door is released."""
        clock_set = self._clock.state() != "unset"
        heard_at, came_in_at = self._roster.contact_at, door.runner.came_in_at
        return Moment(self._clock.now(), clock_set, self._burning, heard_at, came_in_at)

    def _fire(self, burning: bool | None) -> None:
        # It ends what schedules have released, and opens nothing: the panel's own contact releases
        # the locks, never software.
        if burning is not None:
            # A panel that is not heard has said nothing new: its cable may have burnt.
            self._burning = burning
            self._alarms.set(FIRE, "", burning)
        self._report({"event": "fire", "on": burning})

    def _revoked(self) -> None:
        if not self._roster.revoked:
            self._report({"event": "revoked"})
        self._roster.set_revoked(True)

    def _signed_on(self, wire: int) -> None:
        self._roster.set_revoked(False)
        if wire != self._wire:
            self._wire = wire
            self._report({"event": "wire", "server": wire, "bridge": WIRE})

    def _status(self) -> StatusParameters:
        for door in self._doors.values():
            self._alarms.set(UNREADABLE, door.door, door.sees_junk)
        return {
            "clock": self._clock.state(),
            "software": SOFTWARE,
            "alarms": self._alarms.format(),
            **self._grants_after(),
        }

    def _grants_after(self) -> StatusParameters:
        # An older server does not know the name.
        if (self._wire or FIRST_WIRE) < GRANTS_WIRE:
            return {}
        return {"grants_after": str(self._elsewhere.after or 0)}

    def _reader_changed(self, door: Door, up: bool, why: str) -> None:
        self._report({"event": "reader", "door": door.door, "up": up, "why": why})
        self._alarms.set(READER_LOST, door.door, not up)
        door.runner.note("reader_back" if up else "reader_lost")

    def _connect(self, config: Config, timeout: float) -> Server:
        """A connection of its own for one loop."""
        channel = Channel(server_of(config, self._journal), timeout)
        server = Server(channel, self._sign_on, self._reachability.update)
        self._servers.append(server)
        return server

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        # An unhandled exception in a thread ends the process with status 1, and the service manager
        # starts it again. Otherwise one door would be dead and nobody would notice.
        self.failed = True
        name = args.thread.name if args.thread is not None else "?"
        self._report(
            {
                "event": "failed",
                "thread": name,
                "why": f"{args.exc_type.__name__}: {args.exc_value}",
            }
        )
        os.kill(os.getpid(), signal.SIGTERM)
        threading.__excepthook__(args)  # last: it waits for whoever reads the log

    def _shut_down(self) -> None:
        # Wake the threads that wait for a question or an entry.
        self._asker.stop()
        self._journal.appended.set()
        self._journal.compared.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        # A thread that is still in a network call may use these; the process ends anyway.
        if not any(thread.is_alive() for thread in self._threads):
            for server in self._servers:
                server.close()
            for relay in self._boards.lines.values():
                relay.close()
            self._roster.close()
        self._report({"event": "stopped"})


def run(config: Config, *, events: bool) -> int:
    """Run the bridge until SIGTERM or SIGINT; return the exit status. `events`: also on stdout."""
    journal = Journal(config.data)
    identity = journal.identity()
    if identity is None:
        journal.close()
        print("This box is not enrolled: run zone-bridge enrol first.", file=sys.stderr)
        return 2
    try:
        check_box(journal, config.data)
    except CopiedFolder as error:
        journal.close()
        print(error, file=sys.stderr)
        return 2
    # Blocked before any thread starts, so that only the main thread's sigtimedwait receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    report = standard_reporter(events=events)
    sys.setswitchinterval(SWITCH_SECONDS)
    bridge = Bridge(config, journal, identity, report)
    bridge.open_ports()
    # All objects made so far live as long as the process; a garbage collection that walks them
    # would delay a scan by 5 ms.
    gc.freeze()
    report(
        {"event": "ready", "bridge": identity.bridge, "doors": [door.door for door in config.doors]}
    )
    status = bridge.run()
    journal.close()
    report.close()
    return status
