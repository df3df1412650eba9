"""All of Zone on one machine: web, scheduler, a simulated door and its bridge, each as a process.

The demo, the benchmarks and the tests use it. Only the scanner and the relay board are simulated,
at the far ends of two ptys; everything else is the product.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

from flask_migrate import upgrade

from zone.app import MIGRATIONS, create_app
from zone.core.clock import real_now, utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date, year_window
from zone.demo import doors, example, example_trade, living, mails
from zone.demo.machine.processes import (
    Process,
    answers,
    environment,
    free_port,
    python,
    refuse_taken,
    script,
)
from zone.operation.reference_data import service as reference_data

READY_SECONDS: Final = 60.0
BRIDGE_TOML: Final = """\
data = "{data}/bridge"
server = "{server}"
poll_seconds = 0.5
"""
DOOR_TOML: Final = """
[[doors]]
door = "{door}"
reader = {{ port = "{data}/{links}reader", profile = "{profile}", baud = 115200 }}
relay = {{ port = "{data}/{links}relay" }}
"""
INPUTS_TOML: Final = """\
contact = { input = 0 }
exit = { input = 1 }
signals = [
  { on = "granted", coil = 1 },
  { on = "refused", coil = 2 },
  { on = "alarm", coil = 3 },
]
"""
GYM: Final = "gym-"
"""How the names of the links to the gym's reader and relay begin; the studio's have no prefix."""
STUDIO_PROFILE: Final = "generic"
GYM_PROFILE: Final = "zebra-ssi"
"""What the scanners speak."""


@dataclass(slots=True)
class Installation:
    """A running Zone. `class_id` is the public id of the class that starts soon behind the door."""

    settings: Settings
    port: int
    class_id: str
    web: Process
    simulator: Process
    bridge: Process
    scheduler: Process | None = None
    gym_simulator: Process | None = None
    read_bytes: dict[str, int] = field(default_factory=dict)
    one_at_a_time: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return self.settings.base_url

    def hold_to_reader(
        self, text: str, *, seconds: float = 10.0, at: Process | None = None
    ) -> dict[str, Any]:
        """Show a code; return the decision, with `strike` (the event of the relay) if it opened.

        `at`: the simulator of the door; None: of the studio.

        Raises:
            TimeoutError: the door did not answer in time.
        """
        simulator = at or self.simulator
        with self.one_at_a_time:
            self._events(self.bridge), self._events(simulator)  # skip earlier events
            simulator.send(json.dumps({"scan": text}))
            decision = self._await(
                self.bridge, lambda event: event.get("event") == "decision", seconds
            )
            # The same key again gets its answer, and no second strike.
            if decision["struck"] and not decision["repeat"]:
                decision["strike"] = self._await(
                    simulator, lambda event: "strike" in event, seconds
                )
        return decision

    def _await(
        self, process: Process, matches: Callable[[dict[str, Any]], bool], seconds: float
    ) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for event in self._events(process):
                if matches(event):
                    return event
            time.sleep(0.01)
        raise TimeoutError(f"{process.name} said nothing for {seconds:.0f} s:\n{process.tail()}")

    def _events(self, process: Process) -> list[dict[str, Any]]:
        """Return the events that a process has written since the last call, in whole lines."""
        with process.log.open("rb") as log:
            log.seek(self.read_bytes.get(process.name, 0))
            lines, _, _ = log.read().rpartition(b"\n")
        self.read_bytes[process.name] = self.read_bytes.get(process.name, 0) + (
            len(lines) + 1 if lines else 0
        )
        return [json.loads(line) for line in lines.splitlines() if line.startswith(b"{")]


@contextmanager
def opened(
    data: Path,
    *,
    port: int = 0,
    database_url: str = "",
    at: datetime | None = None,
    full: bool = False,
    with_mails: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Installation]:
    """Set up and start everything in `data`; stop everything at the end, in reverse order.

    `at`: the time at which all of it begins; None: now. Web server and scheduler get a shifted
    clock; bridge, phone and pass page follow the server's, as they always do.
    `full`: in the middle of a term, with a second door. `with_mails`: with a receiver for all
    mails.

    Raises:
        StartError: a process ended, or was not ready in time.
    """
    if port:
        refuse_taken(port)
    port = port or free_port()
    settings = _settings(data, port, database_url, at)
    with ExitStack() as stack:
        if with_mails:
            smtp_url = stack.enter_context(mails.receiver(settings.data_dir / mails.FOLDER))
            settings = replace(settings, smtp_url=smtp_url)
        say("schema, web server")
        migrate(settings)
        start = starter(settings, stack)
        web = start(  # it imports while the data is made
            "web",
            python("-m", "zone", "serve", "--port", str(port), "--workers", "1", "--threads", "4"),
        )
        say("invented people, classes and entries" if full else "example data")
        prepared = prepare(settings, full=full)
        say("scheduler, simulated doors")
        scheduler = start("scheduler", python("-m", "zone", "scheduler"))
        simulator = simulator_of(settings.data_dir, start)
        gym = _gym_simulator(settings.data_dir, start) if full else None
        await_web(web, port)
        say("bridge")
        bridge = bridge_of(settings, settings.data_dir, prepared, start)
        yield Installation(
            settings, port, prepared.class_id, web, simulator, bridge, scheduler, gym
        )


def _settings(data: Path, port: int, database_url: str, at: datetime | None) -> Settings:
    return Settings(
        data_dir=data.absolute(),
        database_url=database_url,
        base_url=f"http://localhost:{port}",
        payment_provider="development",
        **example.SELLER,
        demo=True,
        demo_clock_shift=0 if at is None else round((at - real_now()).total_seconds()),
    )


def await_web(web: Process, port: int) -> None:
    """Wait until the web server answers and reaches its database."""
    web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)


Start = Callable[..., Process]


def starter(settings: Settings, stack: ExitStack) -> Start:
    """Return a function that starts processes with the settings; the stack stops them."""
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    env = environment(
        {
            "ZONE_DATA_DIR": str(settings.data_dir),
            "ZONE_DATABASE_URL": settings.database_url,
            "ZONE_BASE_URL": settings.base_url,
            "ZONE_PAYMENT_PROVIDER": settings.payment_provider,
            **{f"ZONE_{name.upper()}": value for name, value in example.SELLER.items()},
            "ZONE_DEMO": "true",
            "ZONE_SMTP_URL": settings.smtp_url,
            "ZONE_DEMO_CLOCK_SHIFT": str(settings.demo_clock_shift),
        }
    )

    def start(name: str, command: list[str], *, stdin: bool = False) -> Process:
        log = logs / f"{name}.log"
        log.unlink(missing_ok=True)
        process = Process(name, command, log=log, env=env, stdin=stdin)
        stack.callback(process.stop)
        return process

    return start


def simulator_of(
    data: Path,
    start: Start,
    name: str = "simulator",
    prefix: str = "",
    *,
    door: bool = False,
    profile: str = STUDIO_PROFILE,
) -> Process:
    """Start a simulated reader and relay, whose near ends are the links in `data`.

    `door`: the board has a door with a contact and an exit button. `profile`: the scanner's.
    """
    reader, relay = data / f"{prefix}reader", data / f"{prefix}relay"
    links = ["--reader-link", str(reader), "--relay-link", str(relay)]
    links += ["--profile", profile, *(["--door"] if door else [])]
    simulator = start(name, python("-m", "firmware_bridge.sim", *links), stdin=True)
    simulator.await_ready(lambda: '"ready"' in simulator.output(), READY_SECONDS)
    return simulator


def _gym_simulator(data: Path, start: Start) -> Process:
    return simulator_of(data, start, "gym", GYM, door=True, profile=GYM_PROFILE)


def bridge_of(
    settings: Settings,
    data: Path,
    prepared: "Prepared",
    start: Start,
    name: str = "bridge",
) -> Process:
    """Start the bridge of the doors, enrolled on its first start, and wait for its roster."""
    enrolment = prepared.enrolment
    config = data / "bridge.toml"
    written = BRIDGE_TOML.format(data=data, server=settings.base_url)
    written += DOOR_TOML.format(data=data, door=prepared.door_id, links="", profile=STUDIO_PROFILE)
    if prepared.gym_id is not None:
        written += DOOR_TOML.format(data=data, door=prepared.gym_id, links=GYM, profile=GYM_PROFILE)
        written += INPUTS_TOML
    config.write_text(written, encoding="utf-8")
    (data / "bridge").mkdir(exist_ok=True)
    if enrolment is not None:
        command = [script("zone-bridge"), "enrol", "--config", str(config), "--token", enrolment]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))
    bridge = start(name, [script("zone-bridge"), "--config", str(config), "--events"])
    await_bridge(bridge, new=enrolment is not None)
    return bridge


def await_bridge(bridge: Process, *, new: bool = False) -> None:
    """Wait until the bridge has opened its ports and, where it is new, has its roster."""
    events = ("ready", "changes") if new else ("ready",)
    bridge.await_ready(
        lambda: all(f'"{event}"' in bridge.output() for event in events), READY_SECONDS
    )


def migrate(settings: Settings) -> None:
    """Make the schema."""
    with create_app(settings).app_context():
        upgrade(directory=str(MIGRATIONS))
        db.engine.dispose()


class Prepared(NamedTuple):
    """Public ids of the class that starts soon and of the doors, and a new bridge's token."""

    class_id: str
    enrolment: str | None
    door_id: str
    gym_id: str | None


def prepare(settings: Settings, *, full: bool = False) -> Prepared:
    """Seed and set up the door; `full`: with the middle of a term, and the gym's door too."""
    with create_app(settings).app_context():
        now = utc_now()
        seed(settings, now)
        with writing() as session:
            class_id = str(example.class_soon(session, now).public_id)
            enrolment, door_id = doors.studio_door(session, now)
            gym_id = doors.gym_door(session) if full else None
        if full:
            living.fill(settings, now)
        with writing() as session:
            example_trade.load(session, settings, now)
        db.engine.dispose()
    return Prepared(class_id, enrolment, door_id, gym_id)


def seed(settings: Settings, now: datetime) -> None:
    """Load the reference data and the invented service."""
    with writing() as session:
        # The targets have been known for as long as there are passes.
        reference_data.load(session, year_window(helsinki_date(now).year - 1)[0])
        example.load(session, settings, now)
