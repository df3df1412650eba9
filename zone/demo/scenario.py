"""The main job, step by step, as the demo shows it, the tests check it and the benchmark times it.

A student buys a pass, puts it on a phone, books a class and holds the code to the reader. The visit
appears in the class's attendance and in the figures against the targets, without a sign-in sheet.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.demo import example
from zone.demo.students import DemoClient, Student
from zone.demo.supervisor import Installation
from zone.members.people import service as people

PRODUCT: Final = "sports-term"
SETTLE_SECONDS: Final = 20.0
REPEAT_SECONDS: Final = 3.2
"""After this time a code that is shown again is a replay, not the same scan."""


class StepError(AssertionError):
    """A step of the scenario failed."""


@dataclass(slots=True)
class ScenarioRun:
    """One run of the scenario: the lines printed, and the seconds that each step took."""

    say: Callable[[str, str, float], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step; the step appends its result to the yielded list."""
        begun, result = time.monotonic(), list[str]()
        yield result
        self.seconds[name] = time.monotonic() - begun
        self.say(name, " ".join(result), self.seconds[name])


def play(
    stage: Installation, student: Student, say: Callable[[str, str, float], None]
) -> ScenarioRun:
    """Play the main job.

    Raises:
        StepError: a step failed.
    """
    run = ScenarioRun(say)
    manager, instructor = _staff(stage)
    before, email = (_present(instructor, stage), _passes_taken_into_use(manager)), newcomer(stage)
    with run.step("a student signs in") as result:
        student.sign_in(email)
        result.append(f"{email} ({student.kind})")
    with run.step("buys a pass") as result:
        result.append(f"receipt {student.buy(PRODUCT)}")
    with run.step("puts it on the phone") as result:
        student.put_pass_on_phone()
        result.append("key made in the phone and enrolled")
    with run.step("books a class") as result:
        student.book(stage.class_id)
        result.append(f"class {stage.class_id[:8]}")
    code = _walk_in(run, stage, student)
    _photograph_refused(run, stage, code)
    _counted(run, stage, manager, instructor, before)
    return run


def newcomer(stage: Installation) -> str:
    """Make an invented student with a verified affiliation; return the e-mail address."""
    now = utc_now()
    email = f"new-{int(now.timestamp() * 1000)}@zone.example"
    with create_app(stage.settings).app_context():
        with writing() as session:
            member = people.create_member(
                session, email=email, name="Uusi Opiskelija", language="en", now=now
            )
            example.prove(session, member, "metropolia", "student", now)
        db.engine.dispose()
    return email


def _staff(stage: Installation) -> tuple[DemoClient, DemoClient]:
    manager, instructor = DemoClient(stage.url), DemoClient(stage.url)
    manager.sign_in("manager@zone.example")
    instructor.sign_in("instructor@zone.example")
    return manager, instructor


def _walk_in(run: ScenarioRun, stage: Installation, student: Student) -> str:
    with run.step("holds the code to the reader") as result:
        code = student.show_code()
        answer = stage.hold_to_reader(code)
        if not answer["granted"] or "strike" not in answer:
            raise StepError(f"the door said {answer['reason']}")
        pulse, sentence = answer["strike"]["ms"], answer["words"]["en"]
        result.append(f"{answer['light']}, the relay pulsed {pulse} ms: {sentence}")
    return code


def _photograph_refused(run: ScenarioRun, stage: Installation, code: str) -> None:
    with run.step("a photograph of the code") as result:
        time.sleep(REPEAT_SECONDS)
        answer = stage.hold_to_reader(code)
        if answer["granted"] or answer["struck"]:
            raise StepError("a photograph of a used code opened the door")
        result.append(f"{answer['light']}, {answer['reason']}")


def _counted(
    run: ScenarioRun,
    stage: Installation,
    manager: DemoClient,
    instructor: DemoClient,
    before: tuple[int, int],
) -> None:
    present, passes = before
    with run.step("appears in the class's attendance") as result:
        _await(
            lambda: _present(instructor, stage) > present, "the student is not present in the class"
        )
        result.append(f"{present} → {present + 1} present, without a sign-in sheet")
    with run.step("counts in the figures") as result:
        _await(lambda: _passes_taken_into_use(manager) > passes, "target A did not move")
        result.append(f"target A: {passes} → {passes + 1} passes taken into use")


def _present(instructor: DemoClient, stage: Installation) -> int:
    return int(
        instructor.phone.ask("GET", f"/api/v1/sessions/{stage.class_id}/attendance")["present"]
    )


def _passes_taken_into_use(manager: DemoClient) -> int:
    year = helsinki_date(utc_now()).year
    figures = manager.phone.ask("GET", f"/api/v1/targets/{year}")["figures"]
    return int(next(figure["value"] for figure in figures if figure["key"] == "A"))


def _await(happened: Callable[[], bool], why_not: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise StepError(why_not)
        time.sleep(0.1)
