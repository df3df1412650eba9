"""`freshness`: how long until a connected door acts on what has changed at the server.

From the answer of the web server until the door decides by it, seen by a person who holds their
phone to the reader all the while: the whole way, over the bridge's requests for changes (once a
second) and its decision.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from zone.bench.measurements import Measurement, percentile
from zone.demo import scenario
from zone.demo.students import DemoClient, ScreenlessStudent
from zone.demo.supervisor import Installation, opened

TIMES: Final = 20
GIVE_UP: Final = 10.0
SHUTDOWNS: Final = "/api/v1/doors/shutdowns"


class StaleDoorError(Exception):
    """A door has not acted on a change within `GIVE_UP` seconds."""


def run() -> Iterator[Measurement]:
    """Yield a figure for each kind of change, in milliseconds.

    Raises:
        StaleDoorError: see there.
    """
    with (
        tempfile.TemporaryDirectory(prefix="zone-freshness-") as folder,
        opened(Path(folder)) as stage,
    ):
        bought, revoked = [], []
        for _ in range(TIMES):
            admitted, refused = _of_a_newcomer(stage)
            bought.append(admitted)
            revoked.append(refused)
        shut, lifted = _of_shutdowns(stage)
    for case, seconds in (
        ("buy, admitted", bought),
        ("phone removed, refused", revoked),
        ("lockdown, shut", shut),
        ("lifted, admitted", lifted),
    ):
        millis = [one * 1000 for one in seconds]
        yield Measurement(
            "freshness",
            case,
            "ms",
            len(millis),
            percentile(millis, 50),
            percentile(millis, 95),
            percentile(millis, 99),
        )


def _of_a_newcomer(stage: Installation) -> tuple[float, float]:
    """Return the seconds from a purchase to the first grant, and from a removal to a refusal."""
    student = ScreenlessStudent(stage.url)
    student.sign_in(scenario.newcomer(stage))
    student.put_pass_on_phone()
    _decides(stage, student, granted=False)
    student.buy(scenario.PRODUCT)
    admitted = _decides(stage, student, granted=True)
    student.phone.ask("DELETE", "/api/v1/me/devices")
    return admitted, _decides(stage, student, granted=False)


def _of_shutdowns(stage: Installation) -> tuple[list[float], list[float]]:
    """Return the seconds from each lockdown to a refusal, and from its end to a grant."""
    manager, student = DemoClient(stage.url), ScreenlessStudent(stage.url)
    manager.sign_in("manager@zone.example")
    student.sign_in(scenario.newcomer(stage))
    student.buy(scenario.PRODUCT)
    student.put_pass_on_phone()
    _decides(stage, student, granted=True)
    shut, lifted = [], []
    for _ in range(TIMES):
        drill = {"kind": "lockdown", "place": "all", "reason": "A drill"}
        made = manager.phone.ask("POST", SHUTDOWNS, drill)
        shut.append(_decides(stage, student, granted=False))
        manager.phone.ask("POST", f"{SHUTDOWNS}/{made['id']}/lift")
        lifted.append(_decides(stage, student, granted=True))
    return shut, lifted


def _decides(stage: Installation, student: ScreenlessStudent, *, granted: bool) -> float:
    """Hold the phone to the reader until the door decides so; return the seconds."""
    return _seconds_until(
        lambda: bool(stage.hold_to_reader(student.show_code())["granted"]) is granted
    )


def _seconds_until(happens: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not happens():
        if time.monotonic() - begun > GIVE_UP:
            raise StaleDoorError(f"nothing has changed at the door in {GIVE_UP:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - begun
