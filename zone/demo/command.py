"""`zone demo`: all of Zone on this machine with invented people, to try or played by --script."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.demo import door_switch, folder, scenario, tour, visitors
from zone.demo.machine import browsers
from zone.demo.machine.processes import StartError
from zone.demo.phone import kept_key
from zone.demo.students import DemoClient, ScreenlessStudent, Student, StudentInChromium
from zone.demo.supervisor import Installation, opened

PERSON: Final = "booked@zone.example"
PEOPLE: Final = (
    "student@zone.example",
    PERSON,
    "instructor@zone.example",
    "desk@zone.example",
    "manager@zone.example",
)


def say(text: str) -> None:
    """Print a line at once."""
    click.echo(text)
    sys.stdout.flush()


def run(*, data: Path, port: int, at: datetime | None, empty: bool) -> int:
    """Start everything and serve until Ctrl-C; return the exit status."""
    with _staged(data, port, at, empty=empty) as stage:
        _welcome(stage)
        try:
            with ExitStack() as going_on:
                if stage.gym_simulator is not None:
                    data_dir = stage.settings.data_dir
                    going_on.enter_context(visitors.coming(stage, say))
                    going_on.enter_context(door_switch.following(data_dir, stage.gym_simulator))
                _serve_person(stage)
        except KeyboardInterrupt:
            say("\nStopping …")
    return 0


def run_script(
    *, data: Path | None, port: int, picture: Path | None = None, at: datetime | None = None
) -> int:
    """Play the main job; return the exit status, 0 when every step passed.

    `picture` is where the pass page is stored as PNG.
    """
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zone-demo-") as spare:
        try:
            with _staged(data or Path(spare), port, at) as stage, _student(stage) as student:
                say("")
                scenario.play(stage, student, _print_step)
                if picture is not None:
                    picture.write_bytes(student.picture())
        except (StartError, scenario.StepError, TimeoutError) as error:
            say(f"FAILED: {error}")
            return 1
    say(f"\nAll steps passed in {time.monotonic() - begun:.1f} s.")
    return 0


def take_pictures(target: Path, *, at: datetime | None = None, states: bool = False) -> int:
    """Play the main job and take pictures of the main pages, or of all states of all screens;
    return the exit status.
    """
    if lacking := browsers.lacking():
        say(f"Pictures need a browser; missing: {', '.join(lacking)}.")
        return 1
    from zone.demo import screenshots  # noqa: PLC0415 -- an extra: only where there is a browser

    with (
        tempfile.TemporaryDirectory(prefix="zone-demo-") as spare,
        _staged(Path(spare), 0, at) as stage,
    ):
        scenario.play(stage, ScreenlessStudent(stage.url), _print_step)
        tour.fill_student(stage)
        take = screenshots.take_states if states else screenshots.take
        for path in take(stage, target):
            say(str(path))
    return 0


@contextmanager
def _staged(
    data: Path, port: int, at: datetime | None, *, empty: bool = False
) -> Iterator[Installation]:
    begun = time.monotonic()
    if over := folder.make_ready(data, helsinki_date(at or utc_now())):
        say(f"The demo of {over} in {data} is over: a new one begins.")
    with opened(
        data,
        port=port,
        at=at,
        full=not empty,
        with_mails=True,
        say=lambda what: say(f"  {time.monotonic() - begun:5.1f} s  {what} …"),
    ) as stage:
        say(f"  {time.monotonic() - begun:5.1f} s  ready")
        yield stage


@contextmanager
def _student(stage: Installation) -> Iterator[Student]:
    """Yield Chromium where it is installed, else the simulated phone, and print which."""
    lacking = browsers.lacking()
    if lacking:
        say(
            f"\nNo browser here ({', '.join(lacking)} missing): the simulated phone shows the pass."
        )
        yield ScreenlessStudent(stage.url)
        return
    with StudentInChromium(stage.url) as student:
        yield student


def _print_step(name: str, result: str, seconds: float) -> None:
    say(f"  ok  {seconds:5.2f} s  {name}: {result}")


def _welcome(stage: Installation) -> None:
    say(f"\nZone is at {stage.url} (people, prices and classes are invented).")
    say(f"Sign in with one click at {stage.url}/sign-in as {', '.join(PEOPLE)}.")
    if stage.settings.smtp_url:
        say(f"Mails land at {stage.url}/demo/mails. Faults of a door: {stage.url}/demo/door.")
    else:
        say("Mails are not sent: the extra `demo` brings what receives them.")
    say(
        f"A pass on this machine's browser: {stage.url}/pass    "
        f"Targets, as the manager: {stage.url}/targets"
    )


def _serve_person(stage: Installation) -> None:
    holder = DemoClient(stage.url)
    holder.sign_in(PERSON)
    holder.phone.key = kept_key(stage.settings.data_dir / "phone.pem")
    holder.phone.enrol()
    ask = f"\nPress Enter to hold the phone of {PERSON} to the reader; Ctrl-C stops all."
    say(ask)
    for _ in sys.stdin:
        _hold(stage, holder.phone.text)
    while True:  # no terminal: serve until stopped by a signal
        time.sleep(3600)


def _hold(stage: Installation, text_at: Callable[[float], str]) -> None:
    answer = stage.hold_to_reader(text_at(utc_now().timestamp()))
    pulse = f", strike pulsed {answer['strike']['ms']} ms" if "strike" in answer else ""
    say(f"{answer['light'].upper()}: {answer['words']['en']} ({answer['reason']}{pulse})")
